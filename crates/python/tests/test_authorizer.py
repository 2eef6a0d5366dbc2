"""Authorizers: fixed, or from a file that changes; closed, in many threads, beside an event loop."""

import asyncio
import queue
import threading

import pytest
from gatewright import (
    Allow,
    Authorizer,
    Config,
    GatewrightError,
    KeySet,
    Request,
    RootKey,
    SessionClaims,
    UnknownIssuerError,
    attenuate,
)

NOW = 1_767_225_600
KEY = "0123456789abcdef0123456789abcdef"
MEMBERS = f"""
version = 1
[session]
keys = ["{KEY}"]
[[rule]]
id = "members"
allow = "authenticated"
"""
CLOSED = MEMBERS.replace('allow = "authenticated"', 'deny = "anyone"')
# The password is `secret`.
PASSWORD = """
version = 1
[[basic]]
htpasswd = "alice:$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS"
[[rule]]
id = "members"
allow = "authenticated"
"""
ALICE = {"Authorization": "Basic YWxpY2U6c2VjcmV0"}


def with_session(authorizer, now=NOW):
    cookie = authorizer.seal_session(SessionClaims("alice", groups=["staff"]), now=now)
    return Request("GET", "app.example.com", "/", {"cookie": f"{authorizer.session_cookie}={cookie}"})


@pytest.fixture
def policy(tmp_path):
    (tmp_path / "key").write_text(KEY)
    path = tmp_path / "gatewright.toml"
    path.write_text(MEMBERS.replace(KEY, "file:key"))
    return path


def test_a_session_is_sealed_opened_and_taken_away():
    authorizer = Authorizer(Config.from_toml(MEMBERS))
    permit = authorizer.require(with_session(authorizer), now=NOW)
    assert (permit.identity.subject, permit.identity.groups) == ("alice", ("staff",))
    assert authorizer.set_cookie("v").startswith("__Host-gatewright=v; Path=/; Secure; HttpOnly")
    assert authorizer.clear_cookie.endswith("; Max-Age=0")


def test_a_changed_file_is_in_force_when_its_event_comes(policy):
    events = queue.Queue()
    with Authorizer.from_file(policy, on_event=events.put) as authorizer:
        assert isinstance(authorizer.decide(with_session(authorizer), now=NOW), Allow)
        policy.write_text(CLOSED.replace(KEY, "file:key"))
        assert events.get(timeout=30).kind == "reloaded"
        assert authorizer.decide(with_session(authorizer), now=NOW).code == "rule_denied"
        policy.write_text("version = ")
        event = events.get(timeout=30)
        assert (event.kind, event.is_warning) == ("reload_failed", True)
        assert authorizer.decide(with_session(authorizer), now=NOW).code == "rule_denied"


def test_reload_is_in_force_when_it_returns(policy):
    authorizer = Authorizer.from_file(policy, watch=False)
    policy.write_text(CLOSED.replace(KEY, "file:key"))
    assert authorizer.reload() == []
    assert authorizer.decide(with_session(authorizer), now=NOW).code == "rule_denied"
    authorizer.close()


def test_after_close_nothing_passes(policy):
    authorizer = Authorizer.from_file(policy)
    request = with_session(authorizer)
    authorizer.close()
    authorizer.close()
    assert authorizer.closed
    assert authorizer.decide(request, now=NOW).status == 503
    with pytest.raises(GatewrightError, match="closed"):
        authorizer.reload()


def test_each_kind_of_authorizer_says_how_the_other_is_changed(policy):
    fixed, live = Authorizer(Config.from_toml(MEMBERS)), Authorizer.from_file(policy)
    keys = KeySet.from_json({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})
    with pytest.raises(GatewrightError, match="use with_keys"):
        fixed.update_keys("https://login.example.com", keys)
    with pytest.raises(GatewrightError, match="use update_keys"):
        live.with_keys("https://login.example.com", keys)
    with pytest.raises(UnknownIssuerError):
        fixed.with_keys("https://login.example.com", keys)
    live.close()


def test_many_threads_decide_the_same():
    authorizer, wrong = Authorizer(Config.from_toml(MEMBERS)), []
    good, bad = with_session(authorizer), Request("GET", "app.example.com", "/")

    def ask():
        for _ in range(500):
            answers = (authorizer.decide(good, now=NOW).code, authorizer.decide(bad, now=NOW).code)
            if answers != ("allowed", "credential_missing"):
                wrong.append(answers)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_password_is_hashed_beside_the_event_loop():
    authorizer = Authorizer(Config.from_toml(PASSWORD))
    request = Request("GET", "app.example.com", "/", ALICE, client="192.0.2.7")
    assert authorizer.decide_at_once(request, now=NOW) is None

    async def ask():
        return await authorizer.decide_async(request, now=NOW)

    assert asyncio.run(ask()).code == "allowed"
    assert authorizer.decide_at_once(request, now=NOW).code == "allowed", "remembered"


def test_a_biscuit_is_minted_narrowed_and_decided():
    key = RootKey.generate()
    identity = {"subject": "data($u) <- user($u)"}
    config = {"version": 1, "biscuit": [{"public_keys": [key.public_text], "identity": identity}]}
    config["rule"] = [{"id": "all", "allow": "authenticated"}]
    authorizer = Authorizer(Config.from_dict(config))
    token = attenuate(key.mint("report-bot", until=NOW + 60), paths=["/reports/**"], seal=True)

    def code(path, now=NOW):
        return authorizer.decide(Request("GET", "a", path, {"Authorization": f"Bearer {token}"}), now=now).code

    assert (code("/reports/7"), code("/admin"), code("/reports/7", NOW + 61)) == (
        "allowed",
        "caveat_failed",
        "caveat_failed",
    )
    assert authorizer.inspect_biscuit(token).subject == "report-bot"
