"""Starts an example for real, and nginx with the binary before it; and asks both, byte for byte."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EXAMPLES = Path(__file__).parent.parent
POLICY = EXAMPLES / "gatewright.toml"
BINARY = os.environ["GATEWRIGHT_BINARY"]
PATIENCE = 30

SERVERS = {
    "fastapi": ["-m", "uvicorn", "app:app", "--port", "0"],
    "starlette": ["-m", "uvicorn", "app:app", "--port", "0"],
    "flask": ["-m", "flask", "run", "--port", "0"],
    "django": ["-m", "gunicorn", "app:app", "--bind", "127.0.0.1:0", "--no-control-socket"],
    "wsgi": ["app.py", "0"],
}
"""The lines of the README files, on a free port."""


@dataclass
class Answer:
    """What came back."""

    status: int
    fields: dict[str, str]
    body: str

    @property
    def said(self) -> Any:
        """The body, as JSON if it is."""
        try:
            return json.loads(self.body)
        except ValueError:
            return self.body


@dataclass
class Doors:
    """The three ways in, by port: into the process, through nginx to it, and through nginx to one that knows no gate."""

    service: int
    proxied: int
    plain: int
    arrived: list[str] = field(default_factory=list)
    """What the one that knows no gate was sent."""


def ask(port: int, method: str, target: str, headers: Iterable[tuple[str, str]] = (), body: str = "") -> Answer:
    """Send a request over a connection of its own."""
    fields = [("Host", "app.example.com"), *headers]
    if body:
        fields += [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    lines = [f"{method} {target} HTTP/1.0", *(f"{name}: {value}" for name, value in fields), "", body]
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        received = b"".join(iter(lambda: connection.recv(65536), b"")).decode("latin-1")
    head, _, content = received.partition("\r\n\r\n")
    first, *rest = head.split("\r\n")
    pairs = [line.partition(": ") for line in rest]
    return Answer(int(first.split()[1]), {name.lower(): value for name, _, value in pairs}, content)


def session(subject: str, *groups: str, issuer: str | None = None) -> str:
    """Have the binary seal a session."""
    options = [option for group in groups for option in ("--group", group)] + (["--issuer", issuer] if issuer else [])
    command = [BINARY, "session", "mint", "--config", str(POLICY), "--subject", subject, *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def opened(name: str, folder: Path) -> Iterator[Doors]:
    """Start everything for one example."""
    with ExitStack() as stack:
        service = stack.enter_context(serving(name))
        socket_path = stack.enter_context(gate(folder))
        recorder = stack.enter_context(recording())
        places = {"GATE": socket_path, "SERVICE": str(service), "PLAIN": str(recorder.server_port)}
        proxied, plain = stack.enter_context(nginx(folder, **places))
        yield Doors(service, proxied, plain, recorder.arrived)


@contextmanager
def serving(name: str) -> Iterator[int]:
    """Start an example as its README says; gives its port."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with child([sys.executable, *SERVERS[name]], cwd=EXAMPLES / name, env=environment) as output:
        yield int(awaited(output, r"http://127\.0\.0\.1:(\d+)"))


@contextmanager
def gate(folder: Path) -> Iterator[str]:
    """Start the binary on a unix socket; gives its path."""
    path = str(folder / "gate.sock")
    command = [BINARY, "serve", "--config", str(POLICY), "--listen", f"unix:{path}", "--admin", "127.0.0.1:0"]
    with child(command) as output:
        awaited(output, "(listening)")
        yield path


@contextmanager
def nginx(folder: Path, **places: str) -> Iterator[tuple[int, int]]:
    """Start nginx in a folder of its own, on two sockets that it is handed; gives their ports."""
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        ports = first.getsockname()[1], second.getsockname()[1]
        text = (Path(__file__).parent / "nginx.conf").read_text()
        places |= {"PORT_SERVICE": str(ports[0]), "PORT_PLAIN": str(ports[1])}
        for name in sorted(places, key=len, reverse=True):
            text = text.replace(name, places[name])
        (folder / "nginx.conf").write_text(text)
        (folder / "gate.conf").write_text((Path(__file__).parent / "gate.conf").read_text())
        sockets = [listener.fileno() for listener in (first, second)]
        environment = {**os.environ, "NGINX": "".join(f"{number};" for number in sockets)}
        command = ["/usr/sbin/nginx", "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]
        with child(command, env=environment, pass_fds=sockets):
            first.close()
            second.close()  # nginx alone listens now: if it ends, whoever asks is refused at once
            yield ports


@contextmanager
def child(command: list[str], **options: Any) -> Iterator[IO[str]]:
    """Run a process until the block ends; gives what it prints."""
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, **piped, **options) as process:
        try:
            assert process.stdout is not None
            yield process.stdout
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


def awaited(output: IO[str], pattern: str) -> str:
    """Read lines until one matches, and return its group."""
    seen: list[str] = []
    for line in output:
        seen.append(line)
        if found := re.search(pattern, line):
            return found[1]
    raise AssertionError("".join(seen))


class Recorder(ThreadingHTTPServer):
    """A service that knows no gate: it says who it was told asks, and notes what arrived."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.arrived: list[str] = []


@contextmanager
def recording() -> Iterator[Recorder]:
    """Serve it in a thread."""
    with Recorder() as recorder:
        thread = threading.Thread(target=recorder.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield recorder
        finally:
            recorder.shutdown()
            thread.join(PATIENCE)


class _Handler(BaseHTTPRequestHandler):
    server: Recorder

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            return
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.arrived.append(f"{self.command} {self.path}")
        body = json.dumps({"for": ",".join(self.headers.get_all("X-User", []))}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass
