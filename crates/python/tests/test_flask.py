"""Flask: the extension, with Flask's own test client."""

from __future__ import annotations

import pytest
from flask import Flask, Response
from gatewright.flask import Gatewright, identity, permit
from services import flask_app
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

AT = {"base_url": "https://app.example.com"}


@pytest.fixture
def app(authorizer) -> Flask:
    app = Flask(__name__)
    Gatewright(app, authorizer)

    @app.get("/healthz")
    @app.get("/reports/<int:number>")
    def show(number: int = 0) -> str:
        return f"{number} for {identity().subject}"

    @app.get("/logout")
    def logout() -> Response:
        assert permit().identity == identity() or permit().identity.subject == identity().subject
        return Response(headers={"Set-Cookie": authorizer.clear_cookie})

    return app


def test_a_view_knows_whose_request_it_is(app, cookie):
    answer = app.test_client(use_cookies=False).get("/reports/7", headers=[cookie("alice")], **AT)
    assert (answer.status_code, answer.text) == (200, "7 for alice")


def test_refusals_come_before_flask(app, cookie):
    client = app.test_client(use_cookies=False)
    assert client.get("/reports/7", **AT).status_code == 401
    assert client.get("/nothing", **AT).status_code == 401
    assert client.get("/admin", headers=[cookie("bob")], **AT).status_code == 403
    assert client.get("/", headers={"Accept": "text/html"}, **AT).location.startswith("https://login.example.com/?rd=")


def test_a_view_that_asks_for_an_identity_gets_one_even_where_anyone_may(app, cookie):
    answer = app.test_client(use_cookies=False).get("/healthz", **AT)
    assert (answer.status_code, answer.www_authenticate.to_header()) == (401, "Bearer realm=gatewright")
    assert app.test_client(use_cookies=False).get("/healthz", headers=[cookie("alice")], **AT).text == "0 for alice"


def test_static_files_are_behind_the_gate(authorizer, tmp_path, cookie):
    (tmp_path / "secret.txt").write_text("secret")
    app = Flask(__name__, static_folder=str(tmp_path), static_url_path="/static")
    Gatewright(app, authorizer)
    client = app.test_client(use_cookies=False)
    assert client.get("/static/secret.txt", **AT).status_code == 401
    with client.get("/static/secret.txt", headers=[cookie()], **AT) as answer:
        assert answer.text == "secret"


def test_an_application_is_put_behind_the_gate_later(authorizer, cookie):
    extension, app = Gatewright(None, authorizer), flask_app()
    extension.init_app(app)
    assert app.extensions["gatewright"] is extension
    assert app.test_client(use_cookies=False).get("/reports", **AT).status_code == 401
    assert app.test_client(use_cookies=False).get("/reports", headers=[cookie("alice")], **AT).json["subject"] == "alice"


def test_a_logout_has_the_last_word(app, cookie, authorizer):
    answer = app.test_client(use_cookies=False).get("/logout", headers=[cookie(age=1800)], **AT)
    assert answer.headers.getlist("Set-Cookie") == [authorizer.clear_cookie]


def test_a_session_is_renewed_beside_the_cookies_of_the_view(authorizer, cookie):
    app = flask_app()
    Gatewright(app, authorizer)
    fields = app.test_client(use_cookies=False).get("/reports", headers=[cookie(age=1800)], **AT).headers.getlist("Set-Cookie")
    assert [field.partition("=")[0] for field in fields] == ["app", authorizer.session_cookie]


def test_a_mounted_application_is_decided_by_the_path_of_the_client(authorizer, cookie, reached):
    app = flask_app()
    Gatewright(app, authorizer)
    client = Client(DispatcherMiddleware(Flask("outer"), {"/mount": app}), use_cookies=False)
    assert client.get("/mount/admin/x", headers=[cookie("bob")], **AT).status_code == 403
    assert client.get("/mount/healthz", **AT).status_code == 401
    assert client.get("/mount/reports", headers=[cookie("bob")], **AT).json["path"] == "/reports"
    assert reached == ["/reports"]


def test_slashes_that_werkzeug_would_take_for_one_are_refused(authorizer, cookie, reached):
    app = flask_app()
    Gatewright(app, authorizer)
    for path in ("//admin/x", "/mount//admin", "/reports//../admin"):
        environ = {"PATH_INFO": path, "REQUEST_URI": path, "RAW_URI": path}
        assert (
            app.test_client(use_cookies=False).get("/", environ_overrides=environ, headers=[cookie("bob")], **AT).status_code
            == 403
        )
    assert reached == []
