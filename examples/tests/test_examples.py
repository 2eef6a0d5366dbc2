"""Every example, started as its README says: nginx and the process decide every request alike, by the same file."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from doors import BINARY, EXAMPLES, POLICY, SERVERS, Doors, ask, opened, session

ISSUER = "https://login.example.com"
HEADER = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImV4YW1wbGUiLCJ0eXAiOiJKV1QifQ"
# Signed with issuer-key.pem: alice in the group staff, root in admins (until 2100), and alice until 1767229200.
ALICE = f"{HEADER}.eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUuY29tIiwiYXVkIjoiYXBwIiwic3ViIjoiYWxpY2UiLCJncm91cHMiOlsic3RhZmYiXSwiaWF0IjoxNzY3MjI1NjAwLCJleHAiOjQxMDI0NDQ4MDB9.wQY0r7AySiuKxTxPJkZC63V1dBjQMQdE0RR5KYLabG1FRGTgb-9BfQJElOErsn36t4fZiyKxx6a84tLNLGMH5w"
ROOT = f"{HEADER}.eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUuY29tIiwiYXVkIjoiYXBwIiwic3ViIjoicm9vdCIsImdyb3VwcyI6WyJhZG1pbnMiXSwiaWF0IjoxNzY3MjI1NjAwLCJleHAiOjQxMDI0NDQ4MDB9.LedouFQfPYQxkJWHo06tdgLpsxL-zvBTdJv-3xirowRRKohN98hJKtXVzdiRD-gXk5bZzHpz-Ay19ue2pH7O4Q"
OLD = f"{HEADER}.eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUuY29tIiwiYXVkIjoiYXBwIiwic3ViIjoiYWxpY2UiLCJpYXQiOjE3NjcyMjU2MDAsImV4cCI6MTc2NzIyOTIwMH0.M11_O-svA9HqpdF5WLHqYiLQgUO4s60Tmi521ZBMKY7DmguGrjlY_0cOSYkr9m4WKcvPT6mYJr4pIEMax2IQ9w"
FORGED = f"{HEADER}.{ROOT.split('.')[1]}.{ALICE.split('.')[2]}"
BROWSER = ("Accept", "text/html,*/*;q=0.8")


def bearer(token: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {token}"


def cookie(value: str) -> tuple[str, str]:
    return "Cookie", f"__Host-gatewright={value}"


SESSION = cookie(session("alice", "staff", issuer=ISSUER))
ADMIN = cookie(session("root", "admins", issuer=ISSUER))
ANOTHER = cookie(session("root", "admins"))


@dataclass
class Case:
    """A request, and what becomes of it at every door."""

    name: str
    request: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    status: int = 200
    who: str | None = None


CASES = [
    Case("anybody may ask whether it is up", "GET /healthz"),
    Case("the query is no part of the path", "GET /healthz?/admin/notes"),
    Case("a bad credential hurts nobody where anyone may", "GET /healthz", [bearer("nonsense")]),
    Case("what anyone may read nobody may write", "POST /healthz", [], 401),
    Case("nobody reads without a login", "GET /notes", [], 401),
    Case("nobody writes without a login", "POST /notes", [], 401),
    Case("a browser is sent to the login", "GET /notes?page=2&x=1", [BROWSER], 302),
    Case("a form is not sent anywhere", "POST /notes", [BROWSER], 401),
    Case("a script is not sent anywhere", "GET /notes", [BROWSER, ("X-Requested-With", "XMLHttpRequest")], 401),
    Case("a token reads", "GET /notes", [bearer(ALICE)], 200, "alice"),
    Case("a session reads", "GET /notes", [SESSION], 200, "alice"),
    Case("a token writes", "POST /notes", [bearer(ALICE)], 200),
    Case("a session writes", "POST /notes", [SESSION], 200),
    Case(
        "a client does not say who it is",
        "GET /notes",
        [("X-User", "root"), ("x-user", "root"), SESSION],
        200,
        "alice",
    ),
    Case(
        "a header says nothing without a login",
        "POST /notes",
        [("X-User", "root"), ("X-Groups", "admins")],
        401,
    ),
    Case("an old token does not write", "POST /notes", [bearer(OLD)], 401),
    Case("a forged token does not write", "POST /notes", [bearer(FORGED)], 401),
    Case(
        "a token without a signature does not write",
        "POST /notes",
        [bearer(ALICE.rpartition(".")[0] + ".")],
        401,
    ),
    Case("a bad token is not made up for by a good session", "POST /notes", [bearer(OLD), SESSION], 401),
    Case("a session with a changed end does not write", "POST /notes", [(SESSION[0], SESSION[1][:-2])], 401),
    Case("nobody clears without a login", "DELETE /admin/notes", [], 401),
    Case("members clear nothing", "DELETE /admin/notes", [bearer(ALICE)], 403),
    Case("members with a browser are not sent in circles", "GET /admin/notes", [SESSION, BROWSER], 403),
    Case("administrators of nobody's issuer clear nothing", "DELETE /admin/notes", [ANOTHER], 403),
    Case("administrators clear", "DELETE /admin/notes", [bearer(ROOT)], 200, "root"),
    Case("administrators with a session clear", "DELETE /admin/notes", [ADMIN], 200, "root"),
    Case("a way around by dots is none", "DELETE /healthz/../admin/notes", [SESSION], 403),
    Case("a way around by encoded dots is none", "DELETE /healthz/%2e%2e/admin/notes", [SESSION], 403),
    Case("a way around by an encoded slash is none", "DELETE /notes/..%2fadmin%2fnotes", [SESSION], 403),
    Case("a way around by two slashes is none", "DELETE //admin/notes", [SESSION], 403),
    Case("a way around by a parameter is none", "DELETE /healthz;/../admin/notes", [SESSION], 403),
    Case("a way around by another spelling is none", "DELETE /%61dmin/%6eotes", [SESSION], 403),
    Case("a way around twice encoded is none", "DELETE /%2561dmin/notes", [SESSION], 403),
    Case("an open path with a parameter is not open", "POST /healthz;x", [SESSION], 403),
]


@pytest.fixture(scope="module", params=SERVERS)
def doors(request, tmp_path_factory) -> Iterator[Doors]:
    with opened(request.param, tmp_path_factory.mktemp(request.param)) as doors:
        yield doors


def book(doors: Doors) -> list[dict[str, str]]:
    return ask(doors.service, "GET", "/notes", [ADMIN]).said["notes"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_door_gives_the_same_answer(doors, case):
    method, target = case.request.split(" ")
    body = "hello" if method == "POST" else ""
    answers = [ask(port, method, target, case.headers, body) for port in (doors.service, doors.proxied, doors.plain)]
    assert [answer.status for answer in answers] == [case.status] * 3
    if case.who is not None:
        assert [answer.said["for"] for answer in answers] == [case.who] * 3


@pytest.mark.parametrize("case", [case for case in CASES if case.status != 200], ids=lambda case: case.name)
def test_a_refused_request_reaches_nobody(doors, case):
    method, target = case.request.split(" ")
    ask(doors.service, "POST", "/notes", [SESSION], "kept")
    before, arrived = book(doors), len(doors.arrived)
    for port in (doors.service, doors.proxied, doors.plain):
        ask(port, method, target, case.headers, "refused" if method == "POST" else "")
    assert (book(doors), len(doors.arrived)) == (before, arrived)
    assert before[-1] == {"by": "alice", "text": "kept"}


def test_every_door_sends_a_browser_to_the_same_login(doors):
    answers = [ask(port, "GET", "/notes?page=2&x=1", [BROWSER]) for port in (doors.service, doors.proxied, doors.plain)]
    back = "https%3A%2F%2Fapp.example.com%2Fnotes%3Fpage%3D2%26x%3D1"
    assert {answer.fields["location"] for answer in answers} == {f"https://login.example.com/?rd={back}"}


def test_a_note_carries_the_name_of_who_wrote_it(doors):
    for port in (doors.service, doors.proxied):
        written = ask(port, "POST", "/notes", [SESSION, ("X-User", "root")], "hello").said
        assert written == {"by": "alice", "text": "hello"} == book(doors)[-1]


def test_the_policy_passes_its_own_tests():
    checked = subprocess.run([BINARY, "check", str(POLICY)], capture_output=True, text=True, check=True)
    assert "0 failed" in checked.stdout + checked.stderr


def test_every_readme_starts_its_example_as_these_tests_do():
    for name, command in SERVERS.items():
        words = [word for word in command if word not in ("-m", "0", "127.0.0.1:0", "--no-control-socket")]
        assert " ".join(words).removeprefix("app.py") in (EXAMPLES / name / "README.md").read_text()
