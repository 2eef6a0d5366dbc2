"""Behind real servers: what uvicorn, gunicorn and wsgiref make of a request is decided as the service sees it."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

import pytest
from conftest import POLICY
from services import Service
from serving import PATIENCE, ask, gunicorn_serving, uvicorn_serving, wsgiref_serving

SERVERS = ["uvicorn", "wsgiref", "gunicorn"]
OPEN = POLICY.replace('id = "health"\npaths = ["/healthz"]', 'id = "health"\npaths = ["/**"]')


@pytest.fixture(scope="module", params=SERVERS)
def port(request, authorizer, tmp_path_factory) -> Iterator[int]:
    if request.param == "uvicorn":
        serving = uvicorn_serving(Service("asgi", authorizer).app)
    elif request.param == "wsgiref":
        serving = wsgiref_serving(Service("wsgi", authorizer).app)
    else:
        file = tmp_path_factory.mktemp("policy") / "gatewright.toml"
        file.write_text(POLICY.replace("file:users.htpasswd", "env:USERS"))
        users = "carol:$2b$04$fFwOkWquFJ3m1OTTL9TL8u50iRBL0Jrk/oe49Q8FVSNfsnGYWmYum"
        serving = gunicorn_serving("prefork", GATEWRIGHT_POLICY=str(file), USERS=users)
    with serving as number:
        yield number


def test_a_server_hands_every_answer_on(port, cookie):
    assert ask(port, "/healthz").status == 200
    assert ask(port, "/reports").status == 401
    assert ask(port, "/reports", [cookie()]).status == 200
    assert ask(port, "/admin", [cookie("bob")]).status == 403
    assert ask(port, "/reports", [("Accept", "text/html")]).one("location").startswith("https://login.example.com/?rd=")
    assert b"alice" in ask(port, "/reports", [cookie("alice"), ("X-User", "root"), ("x_user", "root")]).body


def test_a_refusal_has_an_end_and_no_body(port):
    for method in ("GET", "HEAD", "DELETE"):
        answer = ask(port, "/reports", method=method)
        assert (answer.status, answer.one("content-length"), answer.body) == (401, "0", b"")


@pytest.mark.parametrize(
    "target",
    [
        "/healthz/..%2fadmin",
        "//admin",
        "/healthz/../admin",
        "/healthz;x",
        "/healthz%3f",
        "/%252e%252e/admin",
        "/healthz%00",
    ],
)
def test_a_path_of_two_meanings_is_refused(port, cookie, target):
    # wsgiref makes one slash of two before anybody sees them; the path that is left is not bob's either.
    assert ask(port, target, [cookie("bob", "staff")]).status == 403


@pytest.mark.parametrize("target", ["/%61dmin", "/admin/x", "/admin?/healthz", "http://app.example.com/admin", "/admin#/x"])
def test_a_path_spelt_otherwise_does_not_slip_past_its_rule(port, cookie, target):
    assert ask(port, target, [cookie("bob")]).status in (400, 403)


@pytest.mark.parametrize(
    ("headers", "host"),
    [
        ([("Authorization", "Basic x"), ("Authorization", "Basic x")], True),
        ([("Authorization", "Basic x"), ("AUTHORIZATION", "Bearer y")], True),
        ([("Host", "app.example.com")], True),
        ([("Host", "evil.example")], True),
        ([("Host", "app.example.com, evil.example")], False),
        ([("Host", "")], False),
        ([], False),
    ],
)
def test_a_doubled_or_missing_header_is_refused_by_somebody(port, cookie, headers, host):
    assert ask(port, "/reports", [*headers, cookie()], host=host).status in (400, 401, 403)


def test_a_method_in_lower_case_is_refused_by_somebody(port, cookie):
    assert ask(port, "/notes/1", [cookie()], "post").status in (400, 403)


def test_a_websocket_that_may_not_is_refused(port):
    upgrade = [
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ]
    lines = [("Connection", "Upgrade"), *upgrade]
    assert ask(port, "/talk", lines).status in (401, 403)


def test_a_segment_cut_by_a_mount_of_gunicorn_is_refused(policy_file, cookie):
    with gunicorn_serving("prefork", GATEWRIGHT_POLICY=str(policy_file), SCRIPT_NAME="/mount") as port:
        assert ask(port, "/mount/secret/x", [cookie("bob")]).status == 403
        assert ask(port, "/mountsecret/x", [cookie("bob")]).status == 403
        assert ask(port, "/mount/reports", [cookie("bob")]).body.endswith(b"bob /mount/reports")


def test_a_header_that_gunicorn_takes_for_a_mount_is_refused(policy_file, cookie):
    with gunicorn_serving("prefork", GATEWRIGHT_POLICY=str(policy_file)) as port:
        assert ask(port, "/reports/admin/x", [cookie("bob")]).status == 200
        assert ask(port, "/reports/admin/x", [cookie("bob"), ("SCRIPT_NAME", "/reports")]).status == 403


def workers(port: int, target: str, *headers: tuple[str, str]) -> set[str]:
    """Ask until two workers have answered with 200, and return what they said of where the authorizer was made."""
    said: dict[str, str] = {}
    until = monotonic() + PATIENCE
    while len(said) < 2 and monotonic() < until:
        answer = ask(port, target, headers)
        if answer.status == 200:
            pid, own, *_ = answer.body.decode().split()
            said[pid] = own
    assert len(said) == 2
    return set(said.values())


@pytest.mark.parametrize("preload", [True, False])
def test_every_worker_of_gunicorn_decides_and_follows_the_file(policy_file, cookie, preload):
    options = ["--workers", "2", *(["--preload"] if preload else [])]
    with gunicorn_serving("prefork", *options, GATEWRIGHT_POLICY=str(policy_file)) as port:
        assert ask(port, "/reports").status == 401
        assert workers(port, "/reports", cookie("alice")) == {str(not preload)}
        renamed = policy_file.with_suffix(".new")
        renamed.write_text(OPEN)
        renamed.replace(policy_file)
        assert workers(port, "/reports") == {str(not preload)}


def test_a_password_is_checked_in_a_forked_worker(policy_file):
    with gunicorn_serving("prefork", "--preload", GATEWRIGHT_POLICY=str(policy_file)) as port:
        right, wrong = (("Authorization", f"Basic {text}") for text in ("Y2Fyb2w6Y29ycmVjdCBob3JzZQ==", "Y2Fyb2w6eA=="))
        assert [ask(port, "/reports", [header]).status for header in (right, wrong, right)] == [200, 401, 200]
