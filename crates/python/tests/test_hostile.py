"""Whatever comes in is refused or a clear error; nothing kills the process, nothing passes."""

import gc
import threading

import pytest
from gatewright import (
    Allow,
    Authorizer,
    Config,
    ConfigError,
    Decision,
    Denied,
    InternalError,
    KeySet,
    KeySetError,
    Permit,
    Request,
    Revocations,
    RevocationsError,
    SealError,
    SessionClaims,
)
from gatewright._native import _panicking_request

POLICY = """
version = 1
[session]
keys = ["0123456789abcdef0123456789abcdef"]
[[rule]]
id = "members"
allow = "authenticated"
"""


@pytest.fixture
def authorizer():
    return Authorizer(Config.from_toml(POLICY))


@pytest.mark.parametrize("value", [None, 1, 1.5, object(), ["GET"], ("a",), {"a": 1}, bytearray(b"GET")])
@pytest.mark.parametrize("part", ["method", "host", "path"])
def test_a_part_of_another_type_is_a_type_error_that_names_it(part, value):
    parts = {"method": "GET", "host": "a", "path": "/", part: value}
    with pytest.raises(TypeError, match=part):
        Request(**parts)


@pytest.mark.parametrize(
    "headers",
    [
        "Cookie: a",
        b"Cookie: a",
        7,
        [("a",)],
        [("a", "b", "c")],
        [("a", None)],
        [("a", ["b"])],
        {"a": ["b", "c"]},
        {1: "a"},
        [7],
        ["ab"],
    ],
)
def test_headers_of_another_shape_are_a_type_error(headers):
    with pytest.raises(TypeError):
        Request("GET", "a", "/", headers)


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\u0100", "\U0001f600"])
def test_text_that_no_header_can_carry_is_a_value_error(text):
    for parts in [
        {"path": text},
        {"host": text},
        {"method": text},
        {"headers": {"a": text}},
        {"headers": {text: "a"}},
    ]:
        with pytest.raises(ValueError, match=r"U\+00FF"):
            Request(**{"method": "GET", "host": "a", "path": "/"} | parts)


@pytest.mark.parametrize("client", ["", "localhost", "10.0.0.1:80", "10.0.0", "fe80::1%eth0", "\ud800", 7, b"10.0.0.1"])
def test_a_client_that_is_no_address_is_an_error(client):
    with pytest.raises((TypeError, ValueError), match="client"):
        Request("GET", "a", "/", client=client)


def test_latin_1_text_stands_for_its_bytes(authorizer):
    as_text = authorizer.explain(Request("GET", "a", "/\xe9", {"cookie": "a=\xe9"}))[0]
    as_bytes = authorizer.explain(Request(b"GET", b"a", b"/\xe9", {b"cookie": b"a=\xe9"}))[0]
    assert (as_text.code, as_text.detail) == (as_bytes.code, as_bytes.detail)
    assert as_text.code == "request_malformed"


def test_headers_without_end_are_an_error():
    def forever():
        while True:
            yield ("a", "b")

    with pytest.raises(ValueError, match="header fields"):
        Request("GET", "a", "/", forever())


def test_an_error_inside_the_callers_headers_is_the_callers():
    class Broken(dict):
        def items(self):
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        Request("GET", "a", "/", Broken())


def test_huge_parts_are_refused(authorizer):
    for request in [
        Request("GET", "a", "/" + "a" * 10_000_000),
        Request("A" * 10_000_000, "a", "/"),
        Request("GET", "a" * 10_000_000, "/"),
        Request("GET", "a", "/", {"cookie": "__Host-gatewright=" + "a" * 10_000_000}),
    ]:
        assert not isinstance(authorizer.decide(request), Allow)


@pytest.mark.parametrize("request_", [None, {}, "GET", object(), {"method": "GET"}])
def test_what_is_no_request_is_a_type_error(authorizer, request_):
    for ask in (authorizer.decide, authorizer.require, authorizer.explain, authorizer.decide_at_once):
        with pytest.raises(TypeError):
            ask(request_)


@pytest.mark.parametrize("now", [-1, 1.5, "1", 2**64, float("nan")])
def test_a_time_that_is_none_is_an_error(authorizer, now):
    with pytest.raises((TypeError, OverflowError)):
        authorizer.decide(Request("GET", "a", "/"), now=now)


def test_a_decision_has_no_truth_value(authorizer):
    decision = authorizer.decide(Request("GET", "a", "/"))
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(decision)
    with pytest.raises(TypeError, match="neither true nor false"):
        _ = "in" if decision else "out"


@pytest.mark.parametrize("forged", [Decision, Allow, Permit])
def test_nobody_makes_a_decision_but_the_engine(forged):
    with pytest.raises(TypeError):
        forged()


def test_decisions_and_requests_cannot_be_changed(authorizer):
    decision = authorizer.decide(Request("GET", "a", "/"))
    for name in ("status", "code", "permit", "anything"):
        with pytest.raises(AttributeError):
            setattr(decision, name, "allowed")


def test_no_permit_comes_of_a_refusal(authorizer):
    with pytest.raises(Denied) as denied:
        authorizer.require(Request("GET", "a", "/"))
    assert (denied.value.status, denied.value.code) == (401, "credential_missing")
    with pytest.raises(Denied):
        authorizer.decide(Request("GET", "a", "/")).into_permit()


def test_a_panic_in_the_engine_is_an_ordinary_exception(authorizer):
    request = _panicking_request(Request("GET", "a", "/"))
    for ask in (authorizer.decide, authorizer.require, authorizer.explain, authorizer.decide_at_once):
        with pytest.raises(InternalError, match="panicked"):
            ask(request)
    assert authorizer.decide(Request("GET", "a", "/")).code == "credential_missing"


def test_a_panic_on_another_thread_ends_only_its_question(authorizer):
    caught = []

    def ask():
        try:
            authorizer.decide(_panicking_request(Request("GET", "a", "/")))
        except Exception as error:  # noqa: BLE001 - it is what is asked
            caught.append(type(error))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert caught == [InternalError]


def test_a_policy_that_is_wrong_says_where():
    with pytest.raises(ConfigError) as wrong:
        Config.from_toml("version = 1\n[sesion]\n")
    assert (wrong.value.line, wrong.value.column) == (2, 2)
    assert "did you mean `session`" in wrong.value.message


def _endless():
    endless: dict = {}
    endless["rule"] = [endless]
    return endless


@pytest.mark.parametrize(
    "policy",
    [
        None,
        [],
        "version = 1",
        {1: 2},
        {"version": object()},
        {"version": b"1"},
        {"version": float("nan")},
        {"version": 2**70},
        _endless(),
    ],
)
def test_a_dict_that_is_no_policy_is_an_error(policy):
    with pytest.raises((ConfigError, TypeError, ValueError, RecursionError)):
        Config.from_dict(policy)


def test_an_unresolved_reference_is_an_error_that_names_it():
    config = Config.from_toml(POLICY.replace("0123456789abcdef0123456789abcdef", "env:NOBODY_SETS_THIS"))
    assert config.references == ["env:NOBODY_SETS_THIS"]
    for attempt in (lambda: Authorizer(config), config.resolve):
        with pytest.raises(ConfigError, match="NOBODY_SETS_THIS"):
            attempt()
    resolved = config.resolve(lambda reference: b"0123456789abcdef0123456789abcdef")
    assert Authorizer(resolved).session_cookie == "__Host-gatewright"
    with pytest.raises(LookupError):
        config.resolve(lambda reference: {}[reference])


@pytest.mark.parametrize("keys", ["", "{", '{"keys": []}', '{"keys": 7}', "[]"])
def test_keys_that_are_none_are_an_error(keys):
    with pytest.raises(KeySetError):
        KeySet.from_json(keys)


def test_other_wrong_input_is_an_error_of_its_kind(authorizer):
    with pytest.raises(RevocationsError):
        Revocations.from_json("[]")
    with pytest.raises(SealError):
        authorizer.seal_session(SessionClaims("alice", groups=["g" * 100] * 50))
    with pytest.raises(SealError):
        authorizer.seal_session(SessionClaims(""))
    with pytest.raises(TypeError):
        SessionClaims(None)
    assert authorizer.return_address("\x00" * 100_000) is None


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match="nowhere"):
        Authorizer.from_file(tmp_path / "nowhere.toml")


def test_objects_of_the_engine_go_away(authorizer):
    for _ in range(1_000):
        authorizer.decide(Request("GET", "a", "/", {"cookie": "a=b"}))
    gc.collect()
    alive = [item for item in gc.get_objects() if isinstance(item, (Request, Decision))]
    assert len(alive) < 10
