"""Real servers on loopback, and requests to them whose bytes nobody tidies up."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import uvicorn
from asking import HOST, Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PATIENCE = 30
"""Seconds until a test gives up on an answer."""


def ask(port: int, target: str, headers: Iterable[tuple[str, str]] = (), method: str = "GET", *, host: bool = True) -> Answer:
    """Send a request over a connection of its own, byte for byte."""
    fields = [HOST, *headers] if host else [*headers]
    lines = [
        f"{method} {target} HTTP/1.1",
        *(f"{name}: {value}" for name, value in fields),
        "Connection: close",
        "",
        "",
    ]
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = [line.partition(":") for line in rest]
    return Answer(int(first.split()[1]), [(name, value.strip()) for name, _, value in pairs], body)


def listening() -> socket.socket:
    """Listen on a free port; who connects before somebody serves there waits."""
    return socket.create_server(("127.0.0.1", 0))


@contextmanager
def uvicorn_serving(app: Any) -> Iterator[int]:
    """Serve an ASGI application by uvicorn in a thread; gives the port."""
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical", proxy_headers=False))
    with listening() as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def wsgiref_serving(app: Any) -> Iterator[int]:
    """Serve a WSGI application by wsgiref in a thread; gives the port."""
    with WSGIServer(("127.0.0.1", 0), _Quiet) as server:
        server.set_app(app)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join(PATIENCE)


@contextmanager
def gunicorn_serving(application: str, *options: str, **environment: str) -> Iterator[int]:
    """Serve a WSGI application of this folder by gunicorn in a child process; gives the port."""
    with listening() as listener:
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "--bind",
            f"fd://{listener.fileno()}",
            "--log-level",
            "critical",
        ]
        command += ["--no-control-socket", *options, application]
        surroundings, folder = {**os.environ, **environment}, Path(__file__).parent
        child = subprocess.Popen(command, pass_fds=[listener.fileno()], env=surroundings, cwd=folder)
        port = listener.getsockname()[1]
    # The child alone listens now: if it ends, whoever asks is refused at once.
    try:
        yield port
    finally:
        child.terminate()
        child.wait(PATIENCE)
