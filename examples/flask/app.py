"""A guest book with Flask."""

from pathlib import Path

from gatewright import Authorizer
from gatewright.flask import Gatewright, identity

from flask import Flask, request

app = Flask(__name__)
Gatewright(app, Authorizer.from_file(Path(__file__).parent.parent / "gatewright.toml"))
notes: list[dict[str, str]] = []


@app.get("/healthz")
def healthz() -> str:
    """Anybody may ask."""
    return "fine"


@app.get("/notes")
def read() -> dict[str, object]:
    """Show the book, and who reads it."""
    return {"for": identity().subject, "notes": notes}


@app.post("/notes")
def write() -> dict[str, str]:
    """Write a note."""
    notes.append({"by": identity().subject, "text": request.get_data(as_text=True)})
    return notes[-1]


@app.delete("/admin/notes")
def clear() -> dict[str, str]:
    """Clear the book."""
    notes.clear()
    return {"for": identity().subject}
