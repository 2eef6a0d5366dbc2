"""A guest book with Starlette: the permit is in the state of the request."""

from pathlib import Path

from gatewright import Authorizer
from gatewright.asgi import Gatewright
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

notes: list[dict[str, str]] = []


async def healthz(_: Request) -> PlainTextResponse:
    """Anybody may ask."""
    return PlainTextResponse("fine")


async def read(request: Request) -> JSONResponse:
    """Show the book, and who reads it."""
    return JSONResponse({"for": request.state.gatewright.identity.subject, "notes": notes})


async def write(request: Request) -> JSONResponse:
    """Write a note."""
    notes.append({"by": request.state.gatewright.identity.subject, "text": (await request.body()).decode()})
    return JSONResponse(notes[-1])


async def clear(request: Request) -> JSONResponse:
    """Clear the book."""
    notes.clear()
    return JSONResponse({"for": request.state.gatewright.identity.subject})


authorizer = Authorizer.from_file(Path(__file__).parent.parent / "gatewright.toml")
app = Starlette(
    middleware=[Middleware(Gatewright, authorizer=authorizer)],
    routes=[
        Route("/healthz", healthz),
        Route("/notes", read),
        Route("/notes", write, methods=["POST"]),
        Route("/admin/notes", clear, methods=["DELETE"]),
    ],
)
