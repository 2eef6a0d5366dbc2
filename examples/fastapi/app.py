"""A guest book with FastAPI: everything behind the gate, and the identity as a dependency."""

from pathlib import Path
from typing import Annotated

from gatewright import Authorizer, Identity
from gatewright.asgi import Gatewright
from gatewright.fastapi import Gate

from fastapi import Body, FastAPI, Security

authorizer = Authorizer.from_file(Path(__file__).parent.parent / "gatewright.toml")
Who = Annotated[Identity, Security(Gate(authorizer))]

app = FastAPI(title="Guest book")
app.add_middleware(Gatewright, authorizer=authorizer)
notes: list[dict[str, str]] = []


@app.get("/healthz")
async def healthz() -> str:
    """Anybody may ask."""
    return "fine"


@app.get("/notes")
async def read(who: Who) -> dict[str, object]:
    """Show the book, and who reads it."""
    return {"for": who.subject, "notes": notes}


@app.post("/notes")
async def write(who: Who, text: Annotated[str, Body(media_type="text/plain")]) -> dict[str, str]:
    """Write a note."""
    notes.append({"by": who.subject, "text": text})
    return notes[-1]


@app.delete("/admin/notes")
async def clear(who: Who) -> dict[str, str]:
    """Clear the book."""
    notes.clear()
    return {"for": who.subject}
