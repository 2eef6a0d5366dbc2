"""The same small service behind the middleware of every framework: it says what it was told, and that it was reached."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import django
import gatewright.asgi
import gatewright.flask
import gatewright.wsgi
from asking import HOST, Answer, ask_asgi, ask_wsgi
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.test import override_settings
from django.urls import re_path
from fastapi import FastAPI
from fastapi import Request as FastAPIRequest
from flask import Flask
from flask import request as flask_request
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gatewright import Authorizer, Permit

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"]
SETS = "app=1; Path=/"
reached: list[str] = []
"""The path of every request that reached a service."""


def said(path: str, fields: Iterable[tuple[str, str]], permit: Permit) -> dict[str, Any]:
    """Note that a request came through, and return what the service saw."""
    reached.append(path)
    seen: dict[str, list[str]] = {}
    for name, value in fields:
        folded = name.lower().replace("_", "-")
        if folded.startswith("x-"):
            seen.setdefault(folded, []).append(value)
    who = permit.identity
    return {"path": path, "headers": seen, "subject": None if who is None else who.subject}


def raw_asgi() -> Callable[..., Any]:
    """Make an ASGI application without a framework."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        body = json.dumps(said(scope["path"], fields, scope["state"]["gatewright"])).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"set-cookie", SETS.encode())]})
        await send({"type": "http.response.body", "body": body})

    return app


def raw_wsgi() -> Callable[..., Any]:
    """Make a WSGI application without a framework."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        path = environ["PATH_INFO"].encode("latin-1").decode()
        body = json.dumps(said(path, of_environ(environ), environ["gatewright.permit"])).encode()
        start_response("200 OK", [("Set-Cookie", SETS)])
        return [body]

    return app


def of_environ(environ: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the header fields of an environment."""
    return [(key[5:], value) for key, value in environ.items() if key.startswith("HTTP_")]


def starlette_app() -> Starlette:
    """Make a Starlette application."""

    async def show(request: StarletteRequest) -> JSONResponse:
        shown = said(request.url.path, request.headers.items(), request.state.gatewright)
        return JSONResponse(shown, headers={"Set-Cookie": SETS})

    return Starlette(routes=[Route("/{path:path}", show, methods=METHODS)])


def fastapi_app() -> FastAPI:
    """Make a FastAPI application."""
    app = FastAPI(openapi_url=None)

    @app.api_route("/{path:path}", methods=METHODS)
    def show(request: FastAPIRequest) -> JSONResponse:
        shown = said(request.url.path, request.headers.items(), request.state.gatewright)
        return JSONResponse(shown, headers={"Set-Cookie": SETS})

    return app


def flask_app() -> Flask:
    """Make a Flask application."""
    app = Flask(__name__)

    @app.route("/", defaults={"path": ""}, methods=METHODS)
    @app.route("/<path:path>", methods=METHODS)
    def show(path: str) -> tuple[dict[str, Any], dict[str, str]]:
        shown = said(f"/{path}", of_environ(flask_request.environ), gatewright.flask.permit())
        return shown, {"Set-Cookie": SETS}

    return app


def show_in_django(request: Any) -> HttpResponse:
    """Answer as a Django view."""
    shown = said(request.path_info, of_environ(request.META), request.permit)
    assert request.identity is None or request.identity.subject == shown["subject"]
    response = HttpResponse(json.dumps(shown), content_type="application/json")
    response.set_cookie("app", "1")
    return response


urlpatterns = [re_path("", show_in_django)]

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="services",
    MIDDLEWARE=["gatewright.django.GatewrightMiddleware"],
    LOGGING_CONFIG=None,
)
django.setup()


def django_app(handler: type[Any], authorizer: Authorizer, direct: bool, **more: Any) -> Any:
    """Make a Django application whose settings name the authorizer."""
    with override_settings(GATEWRIGHT={"AUTHORIZER": authorizer, "DIRECT": direct}, **more):
        return handler()


class Service:
    """An application behind the middleware, and how to ask it."""

    def __init__(self, name: str, authorizer: Authorizer, *, direct: bool = False) -> None:
        self.is_asgi = name in ("asgi", "starlette", "fastapi", "django-asgi")
        self.ask_app = ask_asgi if self.is_asgi else ask_wsgi
        self.app: Any
        if name in ("asgi", "wsgi"):
            gate, app = (gatewright.asgi, raw_asgi()) if name == "asgi" else (gatewright.wsgi, raw_wsgi())
            self.app = gate.Gatewright(app, authorizer, direct=direct)  # type: ignore[arg-type]
        elif name in ("starlette", "fastapi"):
            self.app = starlette_app() if name == "starlette" else fastapi_app()
            self.app.add_middleware(gatewright.asgi.Gatewright, authorizer=authorizer, direct=direct)
        elif name == "flask":
            self.app = flask_app()
            gatewright.flask.Gatewright(self.app, authorizer, direct=direct)
        else:
            self.app = django_app(ASGIHandler if self.is_asgi else WSGIHandler, authorizer, direct)

    def ask(self, target: str = "/", headers: Iterable[tuple[str, str]] = (), method: str = "GET", **more: Any) -> Answer:
        """Ask with the usual host and these fields."""
        return self.ask_app(self.app, method, target, [HOST, *headers], **more)


SERVICES = ["asgi", "starlette", "fastapi", "wsgi", "flask", "django-wsgi", "django-asgi"]
