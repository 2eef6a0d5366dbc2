"""Middleware for ASGI: Starlette, FastAPI, Quart, Litestar, or an application without a framework.

    from gatewright import Authorizer
    from gatewright.asgi import Gatewright

    app = Gatewright(app, Authorizer.from_file("gatewright.toml"))

Every HTTP request and every websocket is decided before the application sees it. The path is the client's, with the prefix
(``root_path``) below which the application is mounted, and undecoded where the server hands on what the client sent
(``raw_path``) and the application sees the same. An encoded slash is a slash, as it is for the application. An allowed request
carries its permit::

    permit = scope["state"]["gatewright"]          # request.state.gatewright in Starlette and FastAPI
    permit.identity.subject
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from gatewright import Allow, Authorizer, Decision, Permit, Request
from gatewright._middleware import SAFE, client_address, kept, method_of, sets_cookie

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
            await self.app(permitted(scope, self.authorizer, permit), receive, _renewing(send, permit))
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
        method="GET" if scope["type"] == "websocket" else method_of(scope["method"]),
        scheme=scope.get("scheme", "https"),
        host=hosts[0] if len(hosts) == 1 else b"",
        path=path + b"?" + query if query else path,
        headers=headers,
        client=client_address(client[0]) if client else None,
        forwarded=not direct,  # which leaves scheme and client to the headers of the proxy
    )


def _path(scope: Scope) -> bytes:
    """Return the client's path: undecoded if the application sees the same, else what it sees, encoded again."""
    raw: bytes = (scope.get("raw_path") or b"").partition(b"?")[0]
    path: str = scope["path"]
    root: str = scope.get("root_path", "").rstrip("/")
    # A proxy may have taken the prefix off, and frameworks serve such a path like one that has it.
    without_root = path.startswith("/") and path != root and not path.startswith(f"{root}/")
    prefix = quote(root, safe=SAFE).encode("ascii") if without_root else b""
    # Frameworks take an encoded slash for a slash.
    if raw and b"%2f" not in raw.lower() and unquote(raw.decode("latin-1")) == path:
        return prefix + raw
    return prefix + quote(path, safe=SAFE).encode("ascii")


def permitted(scope: Scope, authorizer: Authorizer, permit: Permit) -> Scope:
    """Copy the scope: no identity header in it is the client's, and the permit is in its state.

    State is copied too, because a server may share it between requests. Beside it stands whose permit it is.
    """
    headers = kept(scope["headers"], permit, authorizer)
    headers += [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in permit.headers]
    state = {**scope.get("state", {}), "gatewright": permit}
    return {**scope, "headers": headers, "state": state, "gatewright.authorizer": authorizer}


def _renewing(send: Send, permit: Permit) -> Send:
    """Add the renewed session cookie to the answer, if there is one."""
    cookie = permit.renewed_session
    if cookie is None:
        return send
    field = (b"set-cookie", cookie.encode("ascii"))

    async def renew(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            headers = [(bytes(name), bytes(value)) for name, value in message.get("headers", ())]
            if not sets_cookie((value.decode("latin-1") for name, value in headers if name.lower() == b"set-cookie"), cookie):
                message = {**message, "headers": [*headers, field]}
        await send(message)

    return renew


async def _answer(send: Send, decision: Decision, navigation: bool) -> None:
    status, headers = _fields(decision, navigation)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _refuse_websocket(scope: Scope, receive: Receive, send: Send, decision: Decision) -> None:
    """Refuse the handshake: with the status where the server can, else by closing before it is accepted (403)."""
    await receive()  # websocket.connect
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    status, headers = _fields(decision, navigation=False)
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": b""})


def _fields(decision: Decision, navigation: bool) -> tuple[int, list[tuple[bytes, bytes]]]:
    status, headers = decision.answer(navigation=navigation)
    fields = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers]
    return status, [*fields, (b"content-length", b"0")]
