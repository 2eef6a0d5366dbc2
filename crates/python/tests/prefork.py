"""What gunicorn serves: the authorizer is made when this is imported, which with `--preload` is before the fork."""

from __future__ import annotations

import os
from typing import Any

from gatewright import Authorizer
from gatewright.wsgi import Gatewright

MADE_BY = os.getpid()


def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Say which process answers, and whether the authorizer was made in it."""
    path = environ["SCRIPT_NAME"] + environ["PATH_INFO"]
    body = f"{os.getpid()} {os.getpid() == MADE_BY} {environ['HTTP_X_USER']} {path}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


application = Gatewright(app, Authorizer.from_file(os.environ["GATEWRIGHT_POLICY"]))
