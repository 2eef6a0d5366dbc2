"""The ASGI middleware: websockets, mounting, scopes that others have touched, and an event loop that goes on."""

from __future__ import annotations

import asyncio
import json

import pytest
from asking import HOST, Answer, ask_asgi, asked_asgi, scope_of
from conftest import authorizer_of
from gatewright import Permit, _aio
from gatewright.asgi import Gatewright
from services import raw_asgi, starlette_app
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket


def client_of(app, **more) -> TestClient:
    return TestClient(app, base_url="https://app.example.com", follow_redirects=False, **more)


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(socket.state.gatewright.identity.subject)
    await socket.close()


@pytest.fixture
def talking(authorizer) -> TestClient:
    gate = Middleware(Gatewright, authorizer=authorizer)
    return client_of(Starlette(routes=[WebSocketRoute("/talk", talk)], middleware=[gate]))


def test_the_test_client_of_starlette_gets_every_answer(authorizer, cookie):
    client = client_of(Gatewright(starlette_app(), authorizer))
    assert client.get("/reports").status_code == 401
    assert client.get("/reports", headers=dict([cookie("alice")])).json()["subject"] == "alice"
    assert client.get("/admin", headers=dict([cookie("alice")])).status_code == 403
    assert client.get("/", headers={"Accept": "text/html"}).headers["location"].startswith("https://login.example.com/?rd=")


def test_an_allowed_websocket_opens_and_knows_who_it_is(talking, cookie):
    with talking.websocket_connect("/talk", headers=dict([cookie("alice")])) as socket:
        assert socket.receive_text() == "alice"


def test_a_refused_websocket_gets_the_status_where_the_server_can(talking):
    with pytest.raises(WebSocketDenialResponse) as refused, talking.websocket_connect("/talk"):
        pass
    assert (refused.value.status_code, refused.value.headers["www-authenticate"]) == (
        401,
        'Bearer realm="gatewright"',
    )


def test_a_refused_websocket_is_closed_where_the_server_cannot(authorizer, reached):
    answer = ask_asgi(Gatewright(raw_asgi(), authorizer), "GET", "/talk", type="websocket", scheme="ws", extensions={})
    assert answer.messages == [{"type": "websocket.close", "code": 1008}]
    assert reached == []


@pytest.mark.parametrize("extensions", [{}, {"websocket.http.response": {}}])
def test_a_websocket_is_refused_after_it_has_knocked(authorizer, extensions):
    order = []

    async def receive():
        order.append("websocket.connect")
        return {"type": "websocket.connect"}

    async def send(message):
        order.append(message["type"])

    scope = scope_of("GET", "/talk", [HOST], type="websocket", extensions=extensions)
    asyncio.run(Gatewright(raw_asgi(), authorizer)(scope, receive, send))
    assert order[0] == "websocket.connect"


def test_a_websocket_is_never_sent_to_the_login(talking):
    browser = {"Sec-Fetch-Mode": "navigate", "Accept": "text/html"}
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        talking.websocket_connect("/talk", headers=browser),
    ):
        pass
    assert refused.value.status_code == 401


def test_a_websocket_is_decided_as_the_get_that_opens_it(authorizer, reached):
    scope = scope_of("POST", "/healthz", [HOST], type="websocket", extensions={})
    asyncio.run(asked_asgi(Gatewright(raw_asgi(), authorizer), scope))
    assert reached == ["/healthz"]


def test_a_renewed_session_goes_with_the_acceptance_of_a_websocket(authorizer, cookie):
    async def app(_scope, _receive, send):
        await send({"type": "websocket.accept"})

    answer = ask_asgi(Gatewright(app, authorizer), "GET", "/", [HOST, cookie(age=1800)], type="websocket")
    assert answer.one("set-cookie").startswith(f"{authorizer.session_cookie}=v1.")


def test_a_service_that_logs_out_or_in_has_the_last_word(authorizer, cookie):
    logout = authorizer.clear_cookie.encode()

    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": [[b"Set-Cookie", logout]]})
        await send({"type": "http.response.body"})

    answer = ask_asgi(Gatewright(app, authorizer), "GET", "/logout", [HOST, cookie(age=1800)])
    assert answer.all("set-cookie") == [authorizer.clear_cookie]


def test_a_mounted_application_is_decided_by_the_path_of_the_client(authorizer, cookie, reached):
    inner = Gatewright(starlette_app(), authorizer)
    client = client_of(Starlette(routes=[Mount("/mount", inner)]))
    assert client.get("/mount/admin/x", headers=dict([cookie("bob")])).status_code == 403
    assert client.get("/mount/reports", headers=dict([cookie("bob")])).status_code == 200
    assert client.get("/mount/healthz").status_code == 401
    assert len(reached) == 1


@pytest.mark.parametrize("path", ["/mount/secret/x", "/secret/x", "/mountsecret/x", "/mount/mountsecret/x"])
def test_a_prefix_that_the_proxy_takes_off_changes_no_decision(authorizer, cookie, reached, path):
    scope = scope_of("GET", path, [HOST, cookie("bob")]) | {"root_path": "/mount"}
    answer = asyncio.run(asked_asgi(Gatewright(starlette_app(), authorizer), scope))
    assert (answer.status, reached) == (403, [])


@pytest.mark.parametrize("target", ["/mountsecret", "/mountain", "http://x/mount/healthz", "http:/healthz", "x"])
def test_a_prefix_opens_nothing(authorizer, target, reached):
    scope = scope_of("GET", target, [HOST]) | {"root_path": "/mount"}
    assert asyncio.run(asked_asgi(Gatewright(raw_asgi(), authorizer), scope)).status in (401, 403)
    assert reached == []


@pytest.mark.parametrize("target", ["http:/reports", "reports", "*"])
def test_a_prefix_makes_no_path_of_what_is_none(authorizer, cookie, target):
    scope = scope_of("GET", target, [HOST, cookie()]) | {"root_path": "/mount"}
    assert asyncio.run(asked_asgi(Gatewright(raw_asgi(), authorizer), scope)).status == 403


@pytest.mark.parametrize(("path", "status"), [("/admin/x", 403), ("/reports", 200), ("/healthz/../admin", 403), ("/a%2Fb", 403)])
def test_a_path_that_middleware_before_it_rewrote_is_the_one_decided(authorizer, cookie, path, status):
    scope = scope_of("GET", "/reports/public", [HOST, cookie("bob")]) | {"path": path}
    assert asyncio.run(asked_asgi(Gatewright(raw_asgi(), authorizer), scope)).status == status


def test_a_scope_without_a_raw_path_is_decided_by_its_path(authorizer, cookie):
    for path, status in [
        ("/reports", 200),
        ("/admin", 403),
        ("/a%2fb", 403),
        ("/b\xfccher", 200),
        ("//admin", 403),
    ]:
        scope = scope_of("GET", "/", [HOST, cookie("bob")]) | {"path": path, "raw_path": None}
        assert asyncio.run(asked_asgi(Gatewright(raw_asgi(), authorizer), scope)).status == status, path


def test_nothing_in_the_state_of_a_server_is_taken_for_a_permit(authorizer, reached):
    scope = scope_of("GET", "/reports", [HOST]) | {
        "state": {"gatewright": "root"},
        "gatewright.authorizer": authorizer,
    }
    assert asyncio.run(asked_asgi(Gatewright(raw_asgi(), authorizer), scope)).status == 401
    assert reached == []


def test_state_that_a_server_shares_between_requests_gets_no_permit(authorizer, cookie):
    scope = scope_of("GET", "/reports", [HOST, cookie("alice")]) | {"state": {"pool": 1}}
    assert asyncio.run(asked_asgi(Gatewright(raw_asgi(), authorizer), scope)).status == 200
    assert scope["state"] == {"pool": 1}


def test_the_state_of_the_lifespan_stays_visible(authorizer, cookie):
    async def app(scope, _receive, send):
        assert isinstance(scope["state"]["gatewright"], Permit)
        await send({"type": "http.response.start", "status": scope["state"]["pool"], "headers": []})

    scope = scope_of("GET", "/", [HOST, cookie()]) | {"state": {"pool": 299}}
    assert asyncio.run(asked_asgi(Gatewright(app, authorizer), scope)).status == 299


def test_the_lifespan_passes(authorizer):
    seen = []
    app = Starlette(routes=[Route("/healthz", lambda _: PlainTextResponse("fine"))])

    async def outer(scope, receive, send):
        seen.append(scope["type"])
        await app(scope, receive, send)

    with client_of(Gatewright(outer, authorizer)) as client:
        assert client.get("/healthz").text == "fine"
    assert seen == ["lifespan", "http"]


@pytest.mark.parametrize("kind", ["webtransport", "HTTP", ""])
def test_a_connection_of_another_kind_does_not_pass(authorizer, kind, reached):
    with pytest.raises(RuntimeError, match="cannot be decided"):
        ask_asgi(Gatewright(raw_asgi(), authorizer), "GET", "/healthz", type=kind)
    assert reached == []


def test_pseudo_headers_say_nothing(authorizer, cookie):
    app = Gatewright(raw_asgi(), authorizer)
    pseudo = [(":authority", "evil.example"), (":path", "/healthz"), (":method", "GET"), cookie("bob")]
    assert ask_asgi(app, "GET", "/admin", [HOST, *pseudo]).status == 403
    assert ask_asgi(app, "GET", "/healthz", pseudo).status == 403


def test_a_body_streams_through_untouched(authorizer, cookie):
    seen = []

    async def app(_scope, receive, send):
        while (message := await receive())["more_body"]:
            seen.append(message["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({"type": "http.response.body", "body": b"b"})

    answer = ask_asgi(Gatewright(app, authorizer), "POST", "/reports", [HOST, cookie()], [b"1", b"2", b""])
    assert (seen, [message.get("body") for message in answer.messages]) == ([b"1", b"2"], [None, b"a", b"b"])


def test_a_refused_request_is_not_read(authorizer):
    async def never():
        raise AssertionError

    sent = []

    async def send(message):
        sent.append(message["type"])

    asyncio.run(Gatewright(raw_asgi(), authorizer)(scope_of("POST", "/reports", [HOST]), never, send))
    assert sent == ["http.response.start", "http.response.body"]


def test_a_preflight_is_answered_by_what_stands_before_the_gate(authorizer):
    app = CORSMiddleware(Gatewright(starlette_app(), authorizer), allow_origins=["https://a.example"])
    origin = {"Origin": "https://a.example"}
    asked = client_of(app).options("/reports", headers={**origin, "Access-Control-Request-Method": "GET"})
    refused = client_of(app).get("/reports", headers=origin)
    assert (asked.status_code, refused.status_code) == (200, 401)
    assert refused.headers["access-control-allow-origin"] == "https://a.example"


def test_outer_middleware_sees_the_answer_of_a_refusal(authorizer):
    async def mark(request, call_next) -> Response:
        response = await call_next(request)
        response.headers["X-Outer"] = "seen"
        return response

    app = BaseHTTPMiddleware(Gatewright(starlette_app(), authorizer), mark)
    assert client_of(app).get("/reports").headers["x-outer"] == "seen"


SLOW = "carol:$2b$12$lbO77bx.o.2LUH7hTR5/J.MVoyNoY3XVGlvQSdBnw7TFTbVmT5.cy\n"


async def turns_until(answered) -> tuple[int, Answer]:
    """Count how often the event loop comes round until there is an answer."""
    turns, task = 0, asyncio.create_task(answered)
    while not task.done():
        turns += 1
        await asyncio.sleep(0)
    return turns, task.result()


def test_a_password_is_checked_while_the_event_loop_goes_on(monkeypatch):
    monkeypatch.setattr("conftest.PASSWORDS", SLOW)
    app = Gatewright(raw_asgi(), authorizer_of())
    scope = scope_of("GET", "/reports", [HOST, ("Authorization", "Basic Y2Fyb2w6Y29ycmVjdCBob3JzZQ==")])
    turns, answer = asyncio.run(turns_until(asked_asgi(app, scope)))
    assert json.loads(answer.body)["subject"] == "carol"
    assert turns > 10


def test_a_remembered_password_needs_no_thread(authorizer, monkeypatch):
    app = Gatewright(raw_asgi(), authorizer)
    fields = [HOST, ("Authorization", "Basic Y2Fyb2w6Y29ycmVjdCBob3JzZQ==")]
    assert ask_asgi(app, "GET", "/reports", fields).status == 200
    monkeypatch.setattr(_aio, "_hash", None)
    assert ask_asgi(app, "GET", "/reports", fields).status == 200
