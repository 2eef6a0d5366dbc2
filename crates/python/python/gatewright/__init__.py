"""May this request pass?

One policy file, the same decision in the proxy and in the service::

    from gatewright import Allow, Authorizer, Challenge, Config, Request

    config = Config.from_toml('''
        version = 1
        [[rule]]
        id = "health"
        paths = ["/healthz"]
        allow = "anyone"
    ''')
    authorizer = Authorizer(config)
    decision = authorizer.decide(Request("GET", "app.example.com", "/healthz"))
    match decision:
        case Allow(permit):
            print("forward for", permit.identity)
        case Challenge(code):
            print(401, code)
        case _:
            print(decision.status, decision.code)

Middleware for frameworks is in :mod:`gatewright.asgi`, :mod:`gatewright.fastapi`, :mod:`gatewright.wsgi`,
:mod:`gatewright.flask` and :mod:`gatewright.django`.
"""

from gatewright._codes import CODES, Code, Outage, Rejection
from gatewright._errors import (
    BiscuitError,
    ConfigError,
    Denied,
    GatewrightError,
    InternalError,
    KeySetError,
    RevocationsError,
    SealError,
    UnknownIssuerError,
)
from gatewright._native import (
    OUTAGES,
    REJECTIONS,
    Allow,
    Audit,
    Authorizer,
    Challenge,
    Config,
    Decision,
    Event,
    Explanation,
    Forbid,
    Identity,
    Indeterminate,
    KeySet,
    Permit,
    Request,
    Revocations,
    RootKey,
    SessionClaims,
    __version__,
    attenuate,
)

__all__ = [
    "CODES",
    "OUTAGES",
    "REJECTIONS",
    "Allow",
    "Audit",
    "Authorizer",
    "BiscuitError",
    "Challenge",
    "Code",
    "Config",
    "ConfigError",
    "Decision",
    "Denied",
    "Event",
    "Explanation",
    "Forbid",
    "GatewrightError",
    "Identity",
    "Indeterminate",
    "InternalError",
    "KeySet",
    "KeySetError",
    "Outage",
    "Permit",
    "Rejection",
    "Request",
    "Revocations",
    "RevocationsError",
    "RootKey",
    "SealError",
    "SessionClaims",
    "UnknownIssuerError",
    "__version__",
    "attenuate",
]
