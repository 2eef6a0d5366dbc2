"""What the middleware of every framework does with every request: one table, asked in process and byte for byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest
from conftest import POLICY, authorizer_of
from gatewright import InternalError, Request
from gatewright._middleware import client_address
from gatewright._native import _panicking_request
from services import SERVICES, Service

BROWSER = ("Accept", "text/html,*/*;q=0.8")


def test_an_identity_passes_and_the_service_knows_it(service, cookie):
    answer = service.ask("/reports/7?x=1", [cookie("alice")])
    said = json.loads(answer.body)
    assert (answer.status, said["subject"], said["path"]) == (200, "alice", "/reports/7")
    assert [value.lower() for value in answer.all("set-cookie")] == ["app=1; path=/"]


def test_nobody_passes_where_anyone_may(service):
    said = json.loads(service.ask("/healthz").body)
    assert said["subject"] is None
    assert (said["headers"]["x-user"], said["headers"]["x-groups"]) == ([""], [""])


def test_who_presents_nothing_is_challenged(service, reached):
    answer = service.ask("/reports")
    assert (answer.status, answer.body, answer.one("cache-control")) == (401, b"", "no-store")
    assert answer.one("www-authenticate") == 'Bearer realm="gatewright"'
    assert reached == []


def test_who_may_not_is_forbidden(service, cookie, reached):
    answer = service.ask("/admin/users", [cookie("bob", "staff"), BROWSER])
    assert (answer.status, answer.body, answer.one("location")) == (403, b"", None)
    assert reached == []


def test_who_may_enters(service, cookie, reached):
    answer = service.ask("/admin/users", [cookie("root", "admins", "staff")])
    assert json.loads(answer.body)["headers"] == {"x-user": ["root"], "x-groups": ["admins,staff"]}
    assert reached == ["/admin/users"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_closed_authorizer_lets_nobody_through(name, cookie, reached):
    closed = authorizer_of()
    service = Service(name, closed)
    closed.close()
    answers = [service.ask("/reports", [cookie()]).status, service.ask("/healthz").status]
    assert (answers, reached) == ([503, 503], [])


def test_a_navigation_is_sent_to_the_login_and_back(service, reached):
    answer = service.ask("/reports/7?x=1&y=2", [BROWSER])
    back = "https%3A%2F%2Fapp.example.com%2Freports%2F7%3Fx%3D1%26y%3D2"
    assert (answer.status, answer.one("location")) == (302, f"https://login.example.com/?rd={back}")
    assert (answer.one("www-authenticate"), reached) == (None, [])


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", [BROWSER]),
        ("GET", [BROWSER, ("X-Requested-With", "XMLHttpRequest")]),
        ("GET", [BROWSER, ("Sec-Fetch-Mode", "cors")]),
    ],
)
def test_a_program_is_not_sent_anywhere(service, method, headers):
    assert service.ask("/reports", headers, method).status == 401


def test_a_head_request_is_decided_like_a_get(service, cookie):
    assert [service.ask("/healthz", method="HEAD").status, service.ask("/reports", method="HEAD").status] == [
        200,
        401,
    ]
    assert service.ask("/reports", [BROWSER], "HEAD").status == 302


@pytest.mark.parametrize("name", ["X-User", "x-user", "X-USER", "X_User", "x_user", "X-Groups", "x_groups"])
def test_a_forged_identity_header_is_replaced_however_it_is_spelt(service, cookie, name):
    for headers in ([(name, "root")], [(name, "root"), (name, "admins")]):
        said = json.loads(service.ask("/reports", [*headers, cookie("alice")]).body)
        assert said["headers"] == {"x-user": ["alice"], "x-groups": [""]}


def test_a_forged_identity_header_is_emptied_where_there_is_nobody(service):
    said = json.loads(service.ask("/healthz", [("X-User", "root"), ("X_Groups", "admins")]).body)
    assert said["headers"] == {"x-user": [""], "x-groups": [""]}


def test_other_headers_reach_the_service_as_they_are(service, cookie):
    said = json.loads(service.ask("/reports", [("X-Userid", "7"), ("X-Name", "J\xf6rg"), cookie()]).body)
    assert (said["headers"]["x-userid"], said["headers"]["x-name"]) == (["7"], ["J\xf6rg"])


def test_a_renewed_session_goes_beside_the_cookies_of_the_service(service, cookie, authorizer):
    cookies = service.ask("/reports", [cookie(age=1800)]).all("set-cookie")
    assert [value.partition("=")[0] for value in cookies] == ["app", authorizer.session_cookie]
    assert all(word in cookies[1] for word in ("Path=/", "Secure", "HttpOnly", "SameSite=Lax"))


def test_an_idle_session_is_over(service, cookie, reached):
    assert (service.ask("/reports", [cookie(age=3601)]).status, reached) == (401, [])


@pytest.mark.parametrize("doubled", ["Basic Y2Fyb2w6Y29ycmVjdCBob3JzZQ==", "Bearer x"])
def test_a_doubled_authorization_is_refused(service, doubled, reached):
    once = ("Authorization", "Basic Y2Fyb2w6Y29ycmVjdCBob3JzZQ==")
    assert service.ask("/reports", [once]).status == 200
    reached.clear()
    assert (service.ask("/reports", [once, ("Authorization", doubled)]).status, reached) == (401, [])


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [""],
        ["app.example.com", "app.example.com"],
        ["a.example", "app.example.com"],
        ["user@app.example.com"],
        ["a, b"],
    ],
)
def test_a_host_that_is_not_exactly_one_is_refused(service, cookie, hosts, reached):
    answer = service.ask_app(service.app, "GET", "/healthz", [*(("Host", host) for host in hosts), cookie()])
    assert (answer.status, reached) == (403, [])


UNCLEAR = [
    "/healthz/..%2fadmin",
    "/admin/..%2fhealthz",
    "/healthz/../admin",
    "/healthz/%2e%2e/admin",
    "//admin",
    "//healthz",
    "/./admin",
    "/healthz;x",
    "/healthz;/../admin",
    "/healthz%3f",
    "/healthz%23",
    "/healthz%5c..%5cadmin",
    "/%252e%252e/admin",
    "/admin%252fusers",
    "/healthz.",
    "/healthz%20",
    "/%c0%ae%c0%ae/admin",
    "/%ff",
    "/healthz%00",
    "/healthz%0a",
    "http://app.example.com/healthz",
    "healthz",
    "*",
]


@pytest.mark.parametrize("target", UNCLEAR)
def test_a_path_of_two_meanings_is_refused_and_reaches_nobody(service, target, cookie, reached):
    assert (service.ask(target, [cookie("root", "admins")]).status, reached) == (403, [])


@pytest.mark.parametrize("target", ["/%61dmin", "/%61dmin/x", "/admin", "/admin/", "/admin?/healthz", "/%41dmin/../admin"])
def test_a_path_spelt_otherwise_does_not_slip_past_its_rule(service, target, cookie, reached):
    assert (service.ask(target, [cookie("bob")]).status, reached) == (403, [])


def test_a_path_beyond_ascii_is_the_same_path_for_everybody(service, cookie):
    answer = service.ask("/b%C3%BCcher/%E6%97%A5%E6%9C%AC", [cookie()])
    assert (answer.status, json.loads(answer.body)["path"]) == (200, "/b\xfccher/\u65e5\u672c")


def test_a_method_in_lower_case_does_not_slip_past_its_rule(service, cookie, reached):
    assert service.ask("/notes/1", [cookie("bob")], "POST").status == 403
    assert service.ask("/notes/1", [cookie("bob")], "post").status == 403
    assert service.ask("/notes/1", [cookie("bob")], "PoSt").status == 403
    assert reached == []


def test_a_query_is_decided_as_the_service_reads_it(service, cookie, reached):
    assert service.ask("/items/1?action=show", [cookie()]).status == 200
    assert service.ask("/items/1?action=remove", [cookie()]).status == 403
    assert service.ask("/items/1?action=r%65move", [cookie()]).status == 403
    assert service.ask("/items/1?action=show&action=remove", [cookie()]).status == 403
    assert len(reached) == 1


def test_a_rule_on_the_content_type_holds_for_every_framework(service, cookie):
    assert service.ask("/upload", [cookie(), ("Content-Type", "text/plain")], "POST").status == 200
    assert service.ask("/upload", [cookie(), ("Content-Type", "text/html")], "POST").status == 403


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("", None),
        (None, None),
        ("@", None),
        ("testclient", None),
    ],
)
def test_the_address_of_a_connection_is_taken_or_unknown(text, address):
    assert client_address(text) == address


FORWARDED = [
    ("X-Forwarded-For", "198.51.100.9"),
    ("X-Real-IP", "198.51.100.9"),
    ("X-Forwarded-Proto", "http"),
]


def test_a_client_cannot_say_where_it_comes_from(service, reached):
    assert (service.ask("/inside/x", FORWARDED).status, reached) == (403, [])


def proxied(name: str, http: str) -> Service:
    return Service(name, authorizer_of(f"{POLICY}\n[http]\n{http}\n"))


@pytest.mark.parametrize("name", SERVICES)
def test_the_client_is_the_rightmost_address_that_is_no_trusted_hop(name):
    service = proxied(name, 'proxy_sets = { middleware = ["X-Forwarded-For"] }\ntrusted_hops = ["10.0.0.0/8"]')
    for value, status in [
        ("203.0.113.1, 198.51.100.9, 10.0.0.2", 200),
        ("198.51.100.9, 203.0.113.1, 10.0.0.2", 403),
        ("198.51.100.9, nonsense", 403),
        ("10.0.0.1", 403),
    ]:
        assert service.ask("/inside/x", [("X-Forwarded-For", value)]).status == status, value
    assert service.ask("/inside/x", [("X-Real-IP", "198.51.100.9")]).status == 403


@pytest.mark.parametrize("name", SERVICES)
def test_a_real_ip_counts_if_the_proxy_sets_it(name):
    service = proxied(name, 'proxy_sets = { middleware = ["X-Real-IP"] }')
    assert service.ask("/inside/x", [("X-Real-IP", "198.51.100.9")]).status == 200
    assert service.ask("/inside/x", [("X-Forwarded-For", "198.51.100.9")]).status == 403
    assert service.ask("/inside/x", [("X-Real-IP", "198.51.100.9"), ("X-Real-IP", "203.0.113.1")]).status == 403


@pytest.mark.parametrize("name", SERVICES)
def test_the_scheme_is_the_proxys_if_it_sets_one(name):
    service = proxied(name, 'proxy_sets = { middleware = ["X-Forwarded-Proto"] }')
    location = service.ask("/reports", [BROWSER, ("X-Forwarded-Proto", "https")]).one("location") or ""
    assert location.endswith("?rd=https%3A%2F%2Fapp.example.com%2Freports")
    assert service.ask("/healthz", [("X-Forwarded-Proto", "http")]).status == 200
    for headers in ([], [("X-Forwarded-Proto", "gopher")], [("X-Forwarded-Proto", "https")] * 2):
        assert service.ask("/healthz", headers).status == 403


@pytest.mark.parametrize("name", SERVICES)
def test_without_a_proxy_the_connection_says_who_the_client_is(name, authorizer):
    service = Service(name, authorizer, direct=True)
    for address, status in [
        ("198.51.100.9", 200),
        ("::ffff:198.51.100.9", 200),
        ("203.0.113.1", 403),
        ("", 403),
        ("a", 403),
    ]:
        more: dict[str, Any] = {"client": (address, 1)} if service.is_asgi else {"REMOTE_ADDR": address}
        assert service.ask("/inside/x", [("X-Forwarded-For", "198.51.100.9")], **more).status == status, address


class Instead:
    """Stands where an authorizer stands and decides by a function."""

    def __init__(self, decide: Callable[[Request], Any], identity_headers: list[str]) -> None:
        self.decide = decide
        self.identity_headers = identity_headers

    async def decide_async(self, request: Request) -> Any:
        return self.decide(request)


def behind(name: str, decide: Callable[[Request], Any]) -> Service:
    """Make a service whose middleware asks a function."""
    service = Service(name, authorizer_of())
    gate = service.app
    while isinstance(gate, FunctionType) or not hasattr(gate, "authorizer"):  # Django's functions copy attributes
        gate = inner(gate)
    gate.authorizer = Instead(decide, gate.authorizer.identity_headers)
    return service


def inner(app: Any) -> Any:
    """Return what stands behind an application, one step further in."""
    if hasattr(app, "build_middleware_stack") and app.middleware_stack is None:
        app.middleware_stack = app.build_middleware_stack()
    names = ("wsgi_app", "middleware_stack", "_middleware_chain", "__wrapped__", "app")
    return next(getattr(app, name) for name in names if hasattr(app, name))


def failed(service: Service) -> bool:
    """Ask, and return whether there was a 500, which the server makes of an exception if no framework does."""
    try:
        return service.ask("/healthz", [("Authorization", "Bearer x")]).status == 500
    except (InternalError, RuntimeError, AttributeError):
        return True


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("fault", [InternalError, RuntimeError])
def test_an_exception_lets_nobody_through(name, fault, reached):
    def decide(_: Request) -> Any:
        raise fault

    assert failed(behind(name, decide))
    assert reached == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_panic_of_the_engine_lets_nobody_through(name, authorizer, reached):
    assert failed(behind(name, lambda request: authorizer.decide(_panicking_request(request))))
    assert reached == []


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("nothing", [None, True, 200, "allowed"])
def test_only_an_allow_is_one(name, nothing, reached):
    assert failed(behind(name, lambda _: nothing))
    assert reached == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_request_is_decided_once(name, authorizer):
    asked: list[Request] = []
    service = behind(name, lambda request: asked.append(request) or authorizer.decide(request))
    assert (service.ask("/healthz").status, len(asked)) == (200, 1)
