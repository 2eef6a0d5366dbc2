"""Asks applications in process, with every byte of the request as given: what a test client would tidy up stays as it is."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HOST = ("Host", "app.example.com")


@dataclass
class Answer:
    """What came back."""

    status: int
    fields: list[tuple[str, str]]
    body: bytes = b""
    messages: list[dict[str, Any]] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [value.strip() for other, value in self.fields if other.lower() == name.lower()]

    def one(self, name: str) -> str | None:
        """Return the value of a field that comes at most once."""
        values = self.all(name)
        assert len(values) < 2, values
        return values[0] if values else None


def scope_of(method: str, target: str, headers: Iterable[tuple[str, str]], **more: Any) -> dict[str, Any]:
    """Make the scope that uvicorn makes."""
    raw, _, query = target.encode("latin-1").partition(b"?")
    root = more.get("root_path", "")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "client": ("192.0.2.7", 40000),
        "root_path": root,
        "path": root + unquote(raw.decode("ascii")),
        "raw_path": root.encode() + raw,
        "query_string": query,
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        "state": {},
        **more,
    }


def ask_asgi(
    app: Callable[..., Any],
    method: str = "GET",
    target: str = "/",
    headers: Iterable[tuple[str, str]] = (HOST,),
    chunks: Iterable[bytes] = (b"",),
    **more: Any,
) -> Answer:
    """Ask an ASGI application once."""
    return asyncio.run(asked_asgi(app, scope_of(method, target, headers, **more), chunks))


async def asked_asgi(
    app: Callable[..., Any], scope: dict[str, Any], chunks: Iterable[bytes] = (b"",)
) -> Answer:
    """Ask an ASGI application once, in a running loop."""
    bodies, sent = list(chunks), list[dict[str, Any]]()

    async def receive() -> dict[str, Any]:
        if scope["type"] == "websocket":
            return {"type": "websocket.connect"}
        if not bodies:
            await asyncio.Event().wait()  # the client stays, and says nothing more
        return {"type": "http.request", "body": bodies.pop(0), "more_body": bool(bodies)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next((message for message in sent if message["type"].endswith(("start", "accept"))), {})
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start.get("headers", ())]
    body = b"".join(message.get("body", b"") for message in sent)
    return Answer(start.get("status", 0), fields, body, sent)


def environ_of(method: str, target: str, headers: Iterable[tuple[str, str]], **more: Any) -> dict[str, Any]:
    """Make the environment that a WSGI server makes which joins repeated fields and hands on the raw target."""
    raw, _, query = target.partition("?")
    mount = more.get("SCRIPT_NAME", "")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": mount,
        "PATH_INFO": unquote_to_bytes(raw.encode("latin-1")).decode("latin-1").removeprefix(mount),
        "QUERY_STRING": query,
        "RAW_URI": target,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.7",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers:
        key = name.upper().replace("-", "_")
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return {**environ, **more}


def ask_wsgi(
    app: Callable[..., Any],
    method: str = "GET",
    target: str = "/",
    headers: Iterable[tuple[str, str]] = (HOST,),
    **more: Any,
) -> Answer:
    """Ask a WSGI application once."""
    started: list[Any] = []

    def start_response(
        status: str, fields: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        started[:] = [int(status.split()[0]), list(fields)]
        return lambda _: None

    given = app(environ_of(method, target, headers, **more), start_response)
    body = b"".join(given)
    getattr(given, "close", lambda: None)()
    return Answer(started[0], started[1], body)
