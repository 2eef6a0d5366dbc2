"""A guest book with nothing but the standard library."""

import json
import sys
from pathlib import Path
from wsgiref.simple_server import make_server

from gatewright import Authorizer
from gatewright.wsgi import Gatewright

notes: list[dict[str, str]] = []


def book(environ, start_response):
    """Answer by method and path."""
    who = environ["gatewright.permit"].identity
    match environ["REQUEST_METHOD"], environ["PATH_INFO"]:
        case "GET", "/healthz":
            said = "fine"
        case "GET", "/notes":
            said = {"for": who.subject, "notes": notes}
        case "POST", "/notes":
            text = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
            said = {"by": who.subject, "text": text}
            notes.append(said)
        case "DELETE", "/admin/notes":
            notes.clear()
            said = {"for": who.subject}
        case _:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"not found"]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(said).encode()]


app = Gatewright(book, Authorizer.from_file(Path(__file__).parent.parent / "gatewright.toml"))

if __name__ == "__main__":
    with make_server("127.0.0.1", int(sys.argv[1]), app) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
