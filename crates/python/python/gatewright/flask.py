"""Flask: the whole application behind the gate, and the permit where Flask keeps what belongs to a request.

    from flask import Flask
    from gatewright import Authorizer
    from gatewright.flask import Gatewright, identity

    app = Flask(__name__)
    Gatewright(app, Authorizer.from_file("gatewright.toml"))

    @app.get("/reports/<int:number>")
    def report(number: int) -> str:
        return f"for {identity().subject}"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, request

from gatewright.wsgi import Gatewright as _Middleware

if TYPE_CHECKING:
    from flask import Flask

    from gatewright import Authorizer, Identity, Permit

__all__ = ["Gatewright", "identity", "permit"]


class Gatewright:
    """The Flask extension. It wraps ``app.wsgi_app``, so that static files and error pages are behind it too.

    Args:
        app: the application; None if :meth:`init_app` is called later.
        authorizer: who decides.
        direct: as for :class:`gatewright.wsgi.Gatewright`.

    """

    def __init__(self, app: Flask | None, authorizer: Authorizer, *, direct: bool = False) -> None:
        self.authorizer = authorizer
        self.direct = direct
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Put an application behind the gate."""
        app.wsgi_app = _Middleware(app.wsgi_app, self.authorizer, direct=self.direct)  # type: ignore[method-assign]
        app.extensions["gatewright"] = self


def permit() -> Permit:
    """Return what the gate decided for the current request."""
    return request.environ["gatewright.permit"]


def identity() -> Identity:
    """Return whose request it is; one without an identity is answered 401."""
    who = permit().identity
    if who is None:
        abort(401)
    return who
