"""Middleware for ASGI: Starlette, FastAPI, Quart, Litestar, or an application without a framework.

    from gatewright import Authorizer
    from gatewright.asgi import Gatewright

    app = Gatewright(app, Authorizer.from_file("gatewright.toml"))

Every HTTP request and every websocket is decided before the application sees it. The path is the one on the wire
(``raw_path``), so mounting the application elsewhere changes nothing. An allowed request carries its permit::

    permit = scope["state"]["gatewright"]          # request.state.gatewright in Starlette and FastAPI
    permit.identity.subject
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from gatewright import Allow, Authorizer, Decision, Permit, Request
from gatewright._middleware import SAFE, client_address, kept

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["Gatewright", "request_from_scope"]


class Gatewright:
    """ASGI middleware: lets through what the authorizer allows, and answers everything else.

    Args:
        app: the application behind it.
        authorizer: who decides.
        direct: no proxy stands in front, so the connection's own address and scheme are the client's. Otherwise they
            come from the headers that ``proxy_sets.middleware`` names, and are unknown and https without it.

    """

    def __init__(self, app: App, authorizer: Authorizer, *, direct: bool = False) -> None:
        self.app = app
        self.authorizer = authorizer
        self.direct = direct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Decide, and hand on or answer."""
        kind = scope["type"]
        if kind == "lifespan":
            await self.app(scope, receive, send)
            return
        if kind not in ("http", "websocket"):
            msg = f"a connection of type {kind!r} cannot be decided, so it does not pass"
            raise RuntimeError(msg)
        request = request_from_scope(scope, direct=self.direct)
        decision = await self.authorizer.decide_async(request)
        if isinstance(decision, Allow):
            permit = decision.permit
            await self.app(_permitted(scope, self.authorizer, permit), receive, _renewing(send, permit))
        elif kind == "websocket":
            await _refuse_websocket(scope, receive, send, decision)
        else:
            await _answer(send, decision, request.is_navigation)


def request_from_scope(scope: Scope, *, direct: bool = False) -> Request:
    """Describe the request of an ASGI scope; ``Host`` missing or doubled is for the engine to refuse."""
    headers: list[tuple[bytes, bytes]] = list(scope["headers"])
    hosts = [value for name, value in headers if name.lower() == b"host"]
    path = _path(scope)
    query: bytes = scope.get("query_string") or b""
    client = scope.get("client")
    return Request(
        method=scope.get("method", "GET"),  # a websocket begins with a GET
        scheme=scope.get("scheme", "https") if direct else "https",
        host=hosts[0] if len(hosts) == 1 else b"",
        path=path + b"?" + query if query else path,
        headers=headers,
        client=client_address(client[0]) if direct and client else None,
        forwarded=not direct,
    )


def _path(scope: Scope) -> bytes:
    """Return the path on the wire if the application sees the same; else what it sees, encoded again."""
    raw: bytes = (scope.get("raw_path") or b"").partition(b"?")[0]
    path: str = scope["path"]
    if raw and unquote(raw.decode("latin-1")) == path:
        return raw
    root: str = scope.get("root_path", "")
    full = path if path.startswith(root) else root + path
    return quote(full, safe=SAFE).encode("ascii")


def _permitted(scope: Scope, authorizer: Authorizer, permit: Permit) -> Scope:
    """Copy the scope: no identity header in it is the client's, and the permit is in its state."""
    headers = kept(scope["headers"], authorizer.identity_headers)
    headers += [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in permit.headers]
    return {**scope, "headers": headers, "state": {**scope.get("state", {}), "gatewright": permit}}


def _renewing(send: Send, permit: Permit) -> Send:
    """Add the renewed session cookie to the answer, if there is one."""
    cookie = permit.renewed_session
    if cookie is None:
        return send
    field = (b"set-cookie", cookie.encode("ascii"))

    async def renew(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            message = {**message, "headers": [*message.get("headers", ()), field]}
        await send(message)

    return renew


async def _answer(send: Send, decision: Decision, navigation: bool) -> None:
    status, headers = decision.answer(navigation=navigation)
    fields = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": [*fields, (b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def _refuse_websocket(scope: Scope, receive: Receive, send: Send, decision: Decision) -> None:
    """Refuse the handshake: with the status where the server can, else by closing before it is accepted."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await receive()  # websocket.connect
        await send({"type": "websocket.close", "code": 1008})
        return
    status, headers = decision.answer()
    fields = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers]
    await send({"type": "websocket.http.response.start", "status": status, "headers": fields})
    await send({"type": "websocket.http.response.body", "body": b""})
