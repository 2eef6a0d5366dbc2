"""What waits: passwords on threads of their own, in a queue that ends; keys on no thread at all."""

from __future__ import annotations

import asyncio
import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from asking import HOST, ask_asgi
from gatewright import Authorizer, Config, Request, _aio
from gatewright.asgi import Gatewright

# The password is `secret`.
PASSWORDS = """
version = 1
[[basic]]
htpasswd = "alice:$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS"
[[rule]]
id = "members"
allow = "authenticated"
"""


def guess(number: int) -> Request:
    credential = base64.b64encode(f"alice:wrong-{number}".encode()).decode()
    return Request("GET", "a", "/", {"Authorization": f"Basic {credential}"}, client=f"10.{number // 250}.{number % 250}.1")


def test_too_many_passwords_are_refused_and_the_loop_keeps_its_threads():
    authorizer = Authorizer(Config.from_toml(PASSWORDS))

    async def ask():
        decisions = [asyncio.ensure_future(authorizer.decide_async(guess(number))) for number in range(400)]
        await asyncio.sleep(0)
        await asyncio.to_thread(int)  # a thread of the loop's own is free at once
        still_hashing = sum(not decision.done() for decision in decisions)
        return still_hashing, [decision.code for decision in await asyncio.gather(*decisions)]

    still_hashing, codes = asyncio.run(ask())
    assert still_hashing > 0
    assert codes.count("overloaded") == 400 - _aio.MAX_WAITING
    assert set(codes) == {"overloaded", "password_incorrect"}


class Hanging(BaseHTTPRequestHandler):
    """An issuer that answers nothing until it is released."""

    released = threading.Event()

    def do_GET(self):
        self.released.wait(30)
        self.send_error(503)

    def log_message(self, *_):
        pass


@pytest.fixture
def hanging():
    Hanging.released.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hanging)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    Hanging.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_issuer_that_hangs_takes_no_thread_of_the_loop(hanging, tmp_path):
    path = tmp_path / "gatewright.toml"
    issuer = (
        f'[[issuer]]\nissuer = "{hanging}"\naudiences = ["app"]\nalgorithms = ["ES256"]\nkeys = {{ jwks_url = "{hanging}/jwks" }}'
    )
    path.write_text(f'version = 1\n{issuer}\ndanger_http = true\n[[rule]]\nid = "all"\nallow = "authenticated"\n')
    payload = base64.urlsafe_b64encode(f'{{"iss":"{hanging}","aud":"app","sub":"a","exp":4102444800}}'.encode()).decode()
    token = f"eyJhbGciOiJFUzI1NiJ9.{payload.rstrip('=')}.{'A' * 86}"

    async def ask(authorizer):
        request = Request("GET", "a", "/", {"Authorization": f"Bearer {token}"})
        decisions = [asyncio.ensure_future(authorizer.decide_async(request)) for _ in range(60)]
        await asyncio.sleep(0)
        await asyncio.to_thread(int)
        waiting = sum(not decision.done() for decision in decisions)
        Hanging.released.set()
        return waiting, {decision.code for decision in await asyncio.gather(*decisions)}

    with Authorizer.from_file(path, on_event=lambda _: None) as authorizer:
        assert asyncio.run(ask(authorizer)) == (60, {"keys_unavailable"})


class Changing:
    """An authorizer whose policy names other identity headers as soon as it has decided."""

    def __init__(self, authorizer: Authorizer, path: Path) -> None:
        self.authorizer, self.path = authorizer, path

    @property
    def identity_headers(self):
        return self.authorizer.identity_headers

    async def decide_async(self, request):
        decision = await self.authorizer.decide_async(request)
        self.path.write_text(PASSWORDS + '[identity_headers]\nX-Remote = "subject"\n')
        self.authorizer.reload()
        return decision


def test_a_policy_that_comes_while_a_request_waits_leaves_no_header_of_the_client(tmp_path):
    path, seen = tmp_path / "gatewright.toml", []
    path.write_text(PASSWORDS + '[identity_headers]\nX-User = "subject"\n')

    async def app(scope, receive, send):
        seen.extend(value for name, value in scope["headers"] if name in (b"x-user", b"x_user", b"x-remote", b"x_remote"))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with Authorizer.from_file(path, watch=False, on_event=lambda _: None) as authorizer:
        headers = [HOST, ("Authorization", "Basic YWxpY2U6c2VjcmV0"), ("X-User", "root"), ("x_remote", "root")]
        assert ask_asgi(Gatewright(app, Changing(authorizer, path)), "GET", "/", headers).status == 200
    assert seen == [b"alice"]
