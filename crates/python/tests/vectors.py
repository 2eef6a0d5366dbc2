"""Reading `vectors/`: the same files that the engine, the HTTP adapter and the Node package answer."""

import base64
import json
from pathlib import Path

from gatewright import Allow, Authorizer, Challenge, Config, Forbid, KeySet, Request, Revocations

FOLDER = Path(__file__).parents[3] / "vectors"

# Bytes on a wire, for a listener of HTTP: there is none here.
WIRE = {"attacks/raw_forward.json", "attacks/raw_verify.json"}


def files():
    """Return every file of decisions and attacks, by its name."""
    found = [*FOLDER.glob("decisions/*.json"), *FOLDER.glob("attacks/*.json")]
    return sorted(str(path.relative_to(FOLDER)) for path in found)


def read(name):
    return json.loads((FOLDER / name).read_text())


def cases(name):
    """Return a file's cases that describe a request."""
    vectors = read(name)
    return [(vectors, case) for case in vectors["cases"] if isinstance(case.get("request"), dict)]


def authorizer(vectors, case):
    made = Authorizer(Config.from_toml(vectors["config"]))
    for issuer, jwks in (case.get("keys", vectors.get("keys")) or {}).items():
        made = made.with_keys(issuer, KeySet.from_json(jwks))
    revocations = case.get("revocations", vectors.get("revocations"))
    return made if revocations is None else made.with_revocations(Revocations.from_json(revocations))


def request(asked):
    path = base64.b64decode(asked["path_base64"]) if "path_base64" in asked else asked["path"].encode()
    headers = [(name, value.encode()) for name, value in asked.get("headers", [])]
    headers += [(name, base64.b64decode(value)) for name, value in asked.get("headers_base64", [])]
    return Request(
        asked.get("method", "GET").encode(),
        asked.get("host", "").encode(),
        path,
        headers,
        scheme=asked.get("scheme", "https").encode(),
        client=asked.get("client"),
        portless_host=asked.get("portless_host", False),
        proxy_sets=asked.get("proxy_sets", []),
    )


def now(vectors, case):
    return case.get("now", vectors.get("now"))


def seen(decision):
    """Return everything of a decision that a vector may speak of, by the same names."""
    permit = decision.permit if isinstance(decision, Allow) else None
    identity = permit.identity if permit else None
    return {
        "outcome": decision.outcome,
        "status": decision.status,
        "code": decision.code,
        "rule": decision.rule,
        "identity": _identity(identity),
        "headers": [list(pair) for pair in permit.headers] if permit else None,
        "www_authenticate": decision.www_authenticate if isinstance(decision, (Challenge, Forbid)) else None,
        "login_url": decision.login_url if isinstance(decision, Challenge) else None,
        "renewed": permit is not None and permit.renewed_session is not None,
        "wants_keys": decision.wants_keys,
    }


def _identity(identity):
    if identity is None:
        return None
    names = ("subject", "email", "name", "groups", "scopes", "issuer", "credential")
    members = {name: getattr(identity, name) for name in names}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in members.items()}
