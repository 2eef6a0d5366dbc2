"""Middleware for WSGI: Flask, Pyramid, Bottle, Django under WSGI, or an application without a framework.

    from gatewright import Authorizer
    from gatewright.wsgi import Gatewright

    app = Gatewright(app, Authorizer.from_file("gatewright.toml"))

An allowed request carries its permit as ``environ["gatewright.permit"]``.

What WSGI hides: servers decode the path before they hand it on (PEP 3333), and the application acts on the decoded one. So that
is what is decided: encoded again, an encoded slash is a slash, as it is for the application. Where the server hands the raw
target on as well (``RAW_URI`` of gunicorn, ``REQUEST_URI`` of uWSGI and mod_wsgi) and it says the same, the raw one is decided,
as a proxy would. Servers also join repeated fields with a comma; a doubled ``Authorization`` is refused all the same, because no
credential holds a comma. A request with a header ``SCRIPT_NAME`` is refused: gunicorn takes it from a proxy on the same
machine, and a client could cut its path with it. Names that differ by ``-`` and ``_`` are one name to WSGI, and so they are here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes

from gatewright import Allow, Authorizer, Request
from gatewright._middleware import SAFE, client_address, environ_name, method_of, reserved, sets_cookie

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from gatewright import Decision

__all__ = ["Gatewright", "request_from_environ"]


class Gatewright:
    """WSGI middleware: lets through what the authorizer allows, and answers everything else.

    Args:
        app: the application behind it.
        authorizer: who decides.
        direct: no proxy stands in front, so the connection's own address and scheme are the client's. Otherwise they
            come from the headers that ``proxy_sets.middleware`` names, and are unknown and https without it.

    """

    def __init__(self, app: WSGIApplication, authorizer: Authorizer, *, direct: bool = False) -> None:
        self.app = app
        self.authorizer = authorizer
        self.direct = direct

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Decide, and hand on or answer."""
        request = request_from_environ(environ, direct=self.direct)
        decision = self.authorizer.decide(request)
        if not isinstance(decision, Allow):
            return answer(decision, start_response, navigation=request.is_navigation)
        permit = decision.permit
        for name in reserved(permit, self.authorizer):
            environ.pop(environ_name(name), None)
        environ.update((environ_name(name), value) for name, value in permit.headers)
        environ["gatewright.permit"] = permit
        return self.app(environ, renewing(start_response, permit.renewed_session))


def request_from_environ(environ: WSGIEnvironment, *, direct: bool = False) -> Request:
    """Describe the request of a WSGI environment."""
    return Request(
        method=method_of(environ["REQUEST_METHOD"]),
        scheme=environ.get("wsgi.url_scheme", "https"),
        host=environ.get("HTTP_HOST", ""),
        path=target(environ),
        headers=_headers(environ),
        client=client_address(environ.get("REMOTE_ADDR")),
        forwarded=not direct,  # which leaves scheme and client to the headers of the proxy
    )


def _headers(environ: WSGIEnvironment) -> list[tuple[str, str]]:
    headers = [(name[5:].replace("_", "-"), value) for name, value in environ.items() if name.startswith("HTTP_")]
    headers += [(name.replace("_", "-"), environ[name]) for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if name in environ]
    return headers


def target(environ: WSGIEnvironment) -> str:
    """Return path and query: the path raw if the server hands it on and the application sees the same, else encoded again."""
    if "HTTP_SCRIPT_NAME" in environ:
        return "SCRIPT_NAME in a header"  # which gunicorn believes; no path, so it is refused and the log says why
    inner = environ.get("PATH_INFO", "")
    # Frameworks put the missing slash before such a path; glued to its mount it would be another one.
    mount = environ.get("SCRIPT_NAME", "") if inner.startswith("/") or not inner else ""
    decoded = (mount + inner).encode("latin-1")
    raw = (environ.get("RAW_URI") or environ.get("REQUEST_URI") or "").partition("?")[0]
    # An encoded slash is a slash to the application, whatever the raw target says.
    is_same = "%2f" not in raw.lower() and unquote_to_bytes(raw.encode("latin-1")) == decoded
    path = raw if is_same else quote(decoded, safe=SAFE)
    # The query is the application's: servers cut a fragment off that the raw target still has.
    query = environ.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


def answer(decision: Decision, start_response: StartResponse, *, navigation: bool) -> list[bytes]:
    """Answer a refusal."""
    status, headers = decision.answer(navigation=navigation)
    start_response(f"{status} {_REASONS[status]}", [*headers, ("Content-Type", "text/plain"), ("Content-Length", "0")])
    return []


def renewing(start_response: StartResponse, cookie: str | None) -> StartResponse:
    """Add the renewed session cookie to the answer, if there is one."""
    if cookie is None:
        return start_response

    def renew(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Callable[[bytes], object]:
        if not sets_cookie((value for name, value in headers if name.lower() == "set-cookie"), cookie):
            headers = [*headers, ("Set-Cookie", cookie)]
        return start_response(status, headers, *exc_info)

    return renew


_REASONS = {302: "Found", 401: "Unauthorized", 403: "Forbidden", 503: "Service Unavailable"}
