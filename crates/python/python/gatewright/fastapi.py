"""FastAPI: a security dependency that gives the identity and shows in OpenAPI.

    from typing import Annotated
    from fastapi import FastAPI, Security
    from gatewright import Authorizer, Identity
    from gatewright.fastapi import Gate

    gate = Gate(Authorizer.from_file("gatewright.toml"))
    app = FastAPI()

    @app.get("/reports/{number}")
    def report(number: int, identity: Annotated[Identity, Security(gate)]) -> dict[str, str]:
        return {"for": identity.subject}

A dependency guards the routes that ask for it. To guard everything, static files and routes that somebody adds next year
included, add :class:`gatewright.asgi.Gatewright` with ``app.add_middleware(Gatewright, authorizer=authorizer)``; the
dependency then hands on what the middleware decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import HTTPException
from fastapi import Request as FastAPIRequest  # noqa: TC002 - FastAPI reads the annotation
from fastapi import Response as FastAPIResponse  # noqa: TC002 - FastAPI reads the annotation
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from gatewright import Allow, Authorizer, Identity, Permit
from gatewright.asgi import request_from_scope

if TYPE_CHECKING:
    from gatewright import Decision

__all__ = ["Gate"]


class Gate(SecurityBase):
    """A security dependency: the identity, or an answer of 401, 403 or 503.

    Args:
        authorizer: who decides.
        direct: as for :class:`gatewright.asgi.Gatewright`.
        description: what OpenAPI says of it.

    A request that is allowed without an identity (``allow = "anyone"``) has none to give and is answered 401 here, because
    the route asks for one.

    """

    def __init__(self, authorizer: Authorizer, *, direct: bool = False, description: str | None = None) -> None:
        self.model = HTTPBearer(bearerFormat="JWT", description=description)
        self.scheme_name = "gatewright"
        self.authorizer = authorizer
        self.direct = direct

    async def __call__(self, request: FastAPIRequest, response: FastAPIResponse) -> Identity:
        """Return whose request it is."""
        permit = request.scope.get("state", {}).get("gatewright")
        if not isinstance(permit, Permit):
            asked = request_from_scope(request.scope, direct=self.direct)
            decision = await self.authorizer.decide_async(asked)
            if not isinstance(decision, Allow):
                raise _exception(decision, asked.is_navigation)
            permit = decision.permit
            if permit.renewed_session is not None:
                response.headers.append("Set-Cookie", permit.renewed_session)
        if permit.identity is None:
            raise HTTPException(401, "credential_missing", {"WWW-Authenticate": 'Bearer realm="gatewright"'})
        return permit.identity


def _exception(decision: Decision, navigation: bool) -> HTTPException:
    status, headers = decision.answer(navigation=navigation)
    return HTTPException(status, None, dict(headers))
