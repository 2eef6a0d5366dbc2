"""Django: middleware for WSGI and ASGI, synchronous and asynchronous.

    # settings.py
    MIDDLEWARE = [
        "gatewright.django.GatewrightMiddleware",   # first: nothing before it sees a request that is not allowed
        ...,
    ]
    GATEWRIGHT = {"CONFIG": BASE_DIR / "gatewright.toml"}

    # views.py
    def report(request):
        return HttpResponse(f"for {request.identity.subject}")

``request.identity`` is the identity, or None where a rule allows anyone; ``request.permit`` is the permit. Settings:
``CONFIG`` (the file) or ``AUTHORIZER`` (an authorizer, or the dotted name of one), and ``DIRECT`` (no proxy stands in front).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.utils.module_loading import import_string

from gatewright import Allow, Authorizer
from gatewright._middleware import environ_name, folded, reserved, sets_cookie
from gatewright.asgi import permitted, request_from_scope
from gatewright.wsgi import request_from_environ

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from gatewright import Decision, Permit, Request

__all__ = ["GatewrightMiddleware"]


class GatewrightMiddleware:
    """Lets through what the authorizer allows, and answers everything else."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        options: dict[str, Any] = getattr(settings, "GATEWRIGHT", {})
        self.authorizer = _authorizer(options)
        self.direct = bool(options.get("DIRECT", False))
        self.asynchronous = iscoroutinefunction(get_response)
        if self.asynchronous:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Decide, and hand on or answer."""
        if self.asynchronous:
            return self._asynchronous(request)
        asked = _asked(request, self.direct)
        decision = self.authorizer.decide(asked)
        if not isinstance(decision, Allow):
            return _answer(decision, asked)
        permit = self._admit(request, decision)
        return _renewed(self.get_response(request), permit)

    async def _asynchronous(self, request: HttpRequest) -> HttpResponseBase:
        asked = _asked(request, self.direct)
        decision = await self.authorizer.decide_async(asked)
        if not isinstance(decision, Allow):
            return _answer(decision, asked)
        permit = self._admit(request, decision)
        return _renewed(await self.get_response(request), permit)

    def _admit(self, request: HttpRequest, decision: Allow) -> Permit:
        """Put the permit where views look, and its headers in place of the client's."""
        permit = decision.permit
        names = {folded(name) for name in reserved(permit, self.authorizer)}
        for name in [name for name in request.META if name.startswith("HTTP_") and folded(name[5:]) in names]:
            del request.META[name]
        request.META.update({environ_name(name): value for name, value in permit.headers})
        request.__dict__.pop("headers", None)  # Django keeps its view of META
        scope = getattr(request, "scope", None)
        if scope is not None:
            request.scope = permitted(scope, self.authorizer, permit)  # type: ignore[attr-defined]
        request.permit = permit  # type: ignore[attr-defined]
        request.identity = permit.identity  # type: ignore[attr-defined]
        return permit


def _authorizer(options: dict[str, Any]) -> Authorizer:
    authorizer = options.get("AUTHORIZER")
    if isinstance(authorizer, str):
        authorizer = import_string(authorizer)
    if authorizer is None and "CONFIG" in options:
        authorizer = Authorizer.from_file(options["CONFIG"])
    if not isinstance(authorizer, Authorizer):
        msg = 'write GATEWRIGHT = {"CONFIG": BASE_DIR / "gatewright.toml"} in the settings, or "AUTHORIZER"'
        raise ImproperlyConfigured(msg)
    return authorizer


def _asked(request: HttpRequest, direct: bool) -> Request:
    """Describe the request as Django acts on it: `FORCE_SCRIPT_NAME` counts, and what middleware has changed before."""
    inner = request.path_info
    path = request.META["SCRIPT_NAME"].rstrip("/") + inner if inner.startswith("/") else inner
    scope = getattr(request, "scope", None)
    if scope is not None:
        return request_from_scope({**scope, "method": request.method, "path": path, "root_path": ""}, direct=direct)
    wsgi_path = path.encode().decode("latin-1")  # Django has decoded it, which WSGI does not
    environ = {**request.META, "REQUEST_METHOD": request.method, "SCRIPT_NAME": "", "PATH_INFO": wsgi_path}
    return request_from_environ(environ, direct=direct)


def _answer(decision: Decision, asked: Request) -> HttpResponse:
    status, headers = decision.answer(navigation=asked.is_navigation)
    return HttpResponse(status=status, headers=dict(headers))


def _renewed(response: HttpResponseBase, permit: Permit) -> HttpResponseBase:
    """Add the renewed session cookie, unless the view sets it itself."""
    cookie = permit.renewed_session
    if cookie is not None and not sets_cookie(response.cookies, cookie):
        response.cookies.load(cookie)
    return response
