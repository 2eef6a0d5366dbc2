"""Django: the middleware in a project, with Django's own clients, under WSGI and ASGI."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asking import HOST, ask_asgi, ask_wsgi
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path
from services import django_app

AUTHORIZER: Any = None


def logout(_request: Any) -> HttpResponse:
    response = HttpResponse()
    response.set_cookie(AUTHORIZER.session_cookie, "", max_age=0)
    return response


async def slowly(request: Any) -> HttpResponse:
    fields = dict(request.scope["headers"])
    return HttpResponse(
        request.identity.subject.encode()
        + b" "
        + fields[b"x-user"]
        + b" "
        + request.headers["X-User"].encode()
    )


def rewriting(get_response: Any) -> Any:
    def middleware(request: Any) -> Any:
        request.path_info = request.headers.get("X-Rewrite-Url", request.path_info)
        request.method = request.headers.get("X-Http-Method-Override", request.method)
        return get_response(request)

    return middleware


def heard(request: Any) -> HttpResponse:
    return HttpResponse(request.headers["X-User"])


urlpatterns = [path("heard", heard), path("logout", logout), path("slowly", slowly)]
AT = {"headers": {"Host": "app.example.com"}}


@pytest.fixture(autouse=True)
def _settings(authorizer):
    globals()["AUTHORIZER"] = authorizer
    with override_settings(GATEWRIGHT={"AUTHORIZER": "test_django.AUTHORIZER"}):
        yield


def headers(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"headers": dict([HOST, *pairs])}


def test_the_client_of_django_gets_every_answer(cookie):
    client = Client()
    assert client.get("/reports", **AT).status_code == 401
    assert client.get("/admin", **headers(cookie("bob"))).status_code == 403
    assert client.get("/reports", **headers(cookie("alice"))).json()["subject"] == "alice"
    assert client.get("/", **headers(("Accept", "text/html")))["Location"].startswith(
        "https://login.example.com/?rd="
    )


def test_the_asynchronous_client_of_django_gets_every_answer(cookie):
    async def ask() -> list[Any]:
        client = AsyncClient()
        return [await client.get("/reports"), await client.get("/reports", headers=dict([cookie("alice")]))]

    refused, allowed = asyncio.run(ask())
    assert (refused.status_code, allowed.json()["subject"]) == (401, "alice")


@override_settings(ROOT_URLCONF="test_django")
def test_an_asynchronous_view_finds_the_identity_in_every_place(cookie):
    answer = asyncio.run(AsyncClient().get("/slowly", headers=dict([cookie("alice"), ("X-User", "root")])))
    assert answer.content == b"alice alice alice"


@override_settings(ROOT_URLCONF="test_django")
def test_a_logout_has_the_last_word(cookie, authorizer):
    answer = Client().get("/logout", **headers(cookie(age=1800)))
    cleared = answer.cookies[authorizer.session_cookie]
    assert (cleared.value, cleared["max-age"]) == ("", 0)


@pytest.mark.parametrize("handler", [WSGIHandler, ASGIHandler])
@pytest.mark.parametrize("prefix", ["/mount", "/mount/"])
def test_a_forced_prefix_is_part_of_the_path_that_is_decided(handler, prefix, authorizer, cookie, reached):
    ask = ask_wsgi if handler is WSGIHandler else ask_asgi
    with override_settings(FORCE_SCRIPT_NAME=prefix):
        app = django_app(handler, authorizer, direct=False)
        assert ask(app, "GET", "/secret/x", [HOST, cookie("bob")]).status == 403
        assert ask(app, "GET", "/healthz", [HOST]).status == 401
        assert reached == []
        assert ask(app, "GET", "/reports", [HOST, cookie("bob")]).status == 200


def test_a_mounted_project_is_decided_by_the_path_of_the_client(authorizer, cookie, reached):
    wsgi, asgi = (
        django_app(WSGIHandler, authorizer, direct=False),
        django_app(ASGIHandler, authorizer, direct=False),
    )
    assert ask_wsgi(wsgi, "GET", "/mount/admin/x", [HOST, cookie("bob")], SCRIPT_NAME="/mount").status == 403
    assert ask_asgi(asgi, "GET", "/admin/x", [HOST, cookie("bob")], root_path="/mount").status == 403
    assert reached == []


@pytest.mark.parametrize("handler", [WSGIHandler, ASGIHandler])
def test_what_middleware_before_it_rewrote_is_what_is_decided(handler, authorizer, cookie, reached):
    ask = ask_wsgi if handler is WSGIHandler else ask_asgi
    middleware = ["test_django.rewriting", "gatewright.django.GatewrightMiddleware"]
    app = django_app(handler, authorizer, direct=False, MIDDLEWARE=middleware)
    assert ask(app, "GET", "/reports", [HOST, cookie("bob"), ("X-Rewrite-Url", "/admin/x")]).status == 403
    assert (
        ask(app, "GET", "/notes/1", [HOST, cookie("bob"), ("X-Http-Method-Override", "POST")]).status == 403
    )
    assert reached == []


@override_settings(ROOT_URLCONF="test_django")
@pytest.mark.parametrize("handler", [WSGIHandler, ASGIHandler])
def test_headers_that_middleware_before_it_has_looked_at_are_replaced_too(handler, authorizer, cookie):
    ask = ask_wsgi if handler is WSGIHandler else ask_asgi
    middleware = ["test_django.rewriting", "gatewright.django.GatewrightMiddleware"]
    app = django_app(handler, authorizer, direct=False, MIDDLEWARE=middleware)
    assert ask(app, "GET", "/heard", [HOST, cookie("alice"), ("X-User", "root")]).body == b"alice"


@pytest.mark.parametrize("handler", [WSGIHandler, ASGIHandler])
def test_a_policy_file_is_named_in_the_settings(handler, policy_file, cookie):
    ask = ask_wsgi if handler is WSGIHandler else ask_asgi
    with override_settings(GATEWRIGHT={"CONFIG": policy_file}):
        app = handler()
    assert [ask(app, "GET", "/reports", [HOST]).status, ask(app, "GET", "/", [HOST, cookie()]).status] == [
        401,
        200,
    ]


@pytest.mark.parametrize(
    "options", [{}, {"AUTHORIZER": None}, {"AUTHORIZER": 1}, {"AUTHORIZER": "test_django.AT"}]
)
def test_settings_that_name_no_authorizer_start_nothing(options):
    with override_settings(GATEWRIGHT=options), pytest.raises(ImproperlyConfigured, match="GATEWRIGHT"):
        WSGIHandler()


def test_settings_without_a_word_about_it_start_nothing():
    with override_settings():
        del settings.GATEWRIGHT
        with pytest.raises(ImproperlyConfigured, match="GATEWRIGHT"):
            WSGIHandler()
