"""FastAPI: the dependency alone, and together with the middleware."""

from typing import Annotated

import pytest
from conftest import authorizer_of
from fastapi import FastAPI, Response, Security, WebSocket
from fastapi.testclient import TestClient
from gatewright import Authorizer, Identity, _aio
from gatewright.asgi import Gatewright
from gatewright.fastapi import Gate
from starlette.testclient import WebSocketDenialResponse

BROWSER = {"Accept": "text/html"}


def guarded(authorizer: Authorizer) -> FastAPI:
    app = FastAPI()
    who = Annotated[Identity, Security(Gate(authorizer, description="A session or a token"))]

    @app.get("/open")
    def anybody() -> str:
        return "open"

    @app.get("/healthz")
    @app.get("/reports/{number}")
    @app.get("/admin/{number}")
    @app.get("/secret/{number}")
    def show(identity: who) -> dict[str, str]:
        return {"for": identity.subject}

    @app.get("/logout")
    def logout(_: who, response: Response) -> None:
        response.headers.append("Set-Cookie", authorizer.clear_cookie or "")

    @app.websocket("/talk")
    async def talk(socket: WebSocket, identity: who) -> None:
        await socket.accept()
        await socket.send_text(identity.subject)

    return app


def client_of(app: FastAPI, root_path: str = "") -> TestClient:
    return TestClient(app, base_url="https://app.example.com", root_path=root_path, follow_redirects=False)


@pytest.fixture
def client(authorizer) -> TestClient:
    return client_of(guarded(authorizer))


def test_the_dependency_gives_the_identity(client, cookie):
    answer = client.get("/reports/7", headers=dict([cookie("alice")]))
    assert (answer.status_code, answer.json()) == (200, {"for": "alice"})


def test_the_dependency_refuses_as_the_authorizer_decides(client, cookie):
    assert client.get("/reports/7").status_code == 401
    assert client.get("/reports/7").headers["www-authenticate"] == 'Bearer realm="gatewright"'
    assert client.get("/admin/7", headers=dict([cookie("bob")])).status_code == 403
    assert client.get("/reports/7", headers=BROWSER).headers["location"].startswith("https://login.example.com/?rd=")


def test_the_dependency_tells_the_client_no_reason_code(client, cookie):
    assert client.get("/admin/7", headers=dict([cookie("bob")])).json() == {"detail": "Forbidden"}
    assert client.get("/healthz").json() == {"detail": "Unauthorized"}


def test_the_dependency_of_a_closed_authorizer_answers_503():
    authorizer = authorizer_of()
    client = client_of(guarded(authorizer))
    authorizer.close()
    assert client.get("/healthz").status_code == 503


def test_a_route_that_asks_for_an_identity_gets_one_even_where_anyone_may(client, cookie):
    assert client.get("/healthz").status_code == 401
    assert client.get("/healthz", headers=dict([cookie("alice")])).json() == {"for": "alice"}


def test_the_dependency_guards_its_routes_alone(client):
    assert client.get("/open").json() == "open"


def test_openapi_shows_the_scheme_and_who_wants_it(client):
    schema = client.get("/openapi.json").json()
    scheme = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A session or a token",
    }
    assert schema["components"]["securitySchemes"] == {"gatewright": scheme}
    assert schema["paths"]["/reports/{number}"]["get"]["security"] == [{"gatewright": []}]
    assert "security" not in schema["paths"]["/open"]["get"]


def test_the_dependency_renews_a_session(client, cookie, authorizer):
    fields = client.get("/reports/7", headers=dict([cookie(age=1800)])).headers.get_list("set-cookie")
    assert [field.partition("=")[0] for field in fields] == [authorizer.session_cookie]


def test_a_logout_has_the_last_word(client, cookie, authorizer):
    fields = client.get("/logout", headers=dict([cookie(age=1800)])).headers.get_list("set-cookie")
    assert fields[-1] == authorizer.clear_cookie


def test_the_dependency_guards_websockets(client, cookie):
    with client.websocket_connect("/talk", headers=dict([cookie("alice")])) as socket:
        assert socket.receive_text() == "alice"
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect("/talk", headers=BROWSER),
    ):
        pass
    assert refused.value.status_code == 401


def counting(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    decisions: list[object] = []
    decide = _aio.decide

    async def counted(*arguments: object) -> object:
        decisions.append(arguments[0])
        return await decide(*arguments)

    monkeypatch.setattr(_aio, "decide", counted)
    return decisions


def test_dependency_and_middleware_decide_once(authorizer, cookie, monkeypatch):
    app = guarded(authorizer)
    app.add_middleware(Gatewright, authorizer=authorizer)
    decisions = counting(monkeypatch)
    assert client_of(app).get("/reports/7", headers=dict([cookie("alice")])).json() == {"for": "alice"}
    assert decisions == [authorizer]


def test_a_permit_of_another_authorizer_is_none(authorizer, cookie, monkeypatch):
    stricter = authorizer_of('version = 1\n[[rule]]\nid = "shut"\ndeny = "anyone"')
    app = guarded(stricter)
    app.add_middleware(Gatewright, authorizer=authorizer)
    decisions = counting(monkeypatch)
    assert client_of(app).get("/reports/7", headers=dict([cookie("alice")])).status_code == 403
    assert decisions == [authorizer, stricter]


def test_with_the_middleware_nothing_is_open_that_no_rule_opens(authorizer):
    app = guarded(authorizer)
    app.add_middleware(Gatewright, authorizer=authorizer)
    client = client_of(app)
    assert [client.get(path).status_code for path in ("/open", "/openapi.json", "/docs", "/nothing")] == [401] * 4


def test_a_root_path_is_part_of_the_path_that_is_decided(authorizer, cookie):
    app = guarded(authorizer)
    app.add_middleware(Gatewright, authorizer=authorizer)
    for path in ("/secret/7", "/mount/secret/7"):
        assert client_of(app, "/mount").get(path, headers=dict([cookie("bob")])).status_code == 403
        assert client_of(app, "/mount").get(path, headers=dict([cookie("root", "admins")])).status_code == 200
