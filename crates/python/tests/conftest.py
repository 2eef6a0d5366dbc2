"""The policy of these tests, and an authorizer for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import time

import pytest
import services
from gatewright import Authorizer, Config, SessionClaims
from services import SERVICES, Service

PASSWORDS = "carol:$2b$04$fFwOkWquFJ3m1OTTL9TL8u50iRBL0Jrk/oe49Q8FVSNfsnGYWmYum\n"
POLICY = """
version = 1

[session]
keys = ["hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"]
idle = "1h"

[[basic]]
htpasswd = "file:users.htpasswd"   # carol: correct horse

[identity_headers]
X-User = "subject"
X-Groups = "groups"

[login]
url = "https://login.example.com/"
return_hosts = ["app.example.com"]

[[rule]]
id = "health"
paths = ["/healthz"]
methods = ["GET"]
allow = "anyone"

[[rule]]
id = "admin"
paths = ["/admin/**", "/mount/admin/**", "/mount/secret/**", "/mount/mountsecret/**"]
allow = { groups = ["admins"], credentials = ["session"] }

[[rule]]
id = "writing"
paths = ["/notes/**"]
methods = ["POST"]
allow = { groups = ["editors"], credentials = ["session"] }

[[rule]]
id = "removal"
paths = ["/items/**"]
query = { action = ["remove"] }
deny = "anyone"

[[rule]]
id = "upload"
paths = ["/upload"]
headers = { Content-Type = ["text/html"] }
deny = "anyone"

[[rule]]
id = "inside"
paths = ["/inside/**"]
networks = ["198.51.100.0/24"]
allow = "anyone"

[[rule]]
id = "outside"
paths = ["/inside/**"]
deny = "anyone"

[[rule]]
id = "members"
allow = "authenticated"
"""


def authorizer_of(policy: str = POLICY) -> Authorizer:
    """Compile a policy whose passwords are those above."""
    return Authorizer(Config.from_toml(policy).resolve(lambda _: PASSWORDS.encode()))


@pytest.fixture(scope="session")
def authorizer() -> Authorizer:
    """Return an authorizer that never changes."""
    return authorizer_of()


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, authorizer: Authorizer) -> Service:
    """Return the service of each framework in turn."""
    return Service(request.param, authorizer)


@pytest.fixture(autouse=True)
def reached() -> list[str]:
    """Return the paths that reached a service, empty at first."""
    services.reached.clear()
    return services.reached


@pytest.fixture
def cookie(authorizer: Authorizer) -> Callable[..., tuple[str, str]]:
    """Return a function that makes the cookie field of somebody's session."""

    def make(subject: str = "alice", *groups: str, age: int = 0) -> tuple[str, str]:
        sealed = authorizer.seal_session(SessionClaims(subject, groups=list(groups)), now=int(time()) - age)
        return "Cookie", f"{authorizer.session_cookie}={sealed}"

    return make


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    """Write the policy and the passwords to files."""
    (tmp_path / "users.htpasswd").write_text(PASSWORDS)
    file = tmp_path / "gatewright.toml"
    file.write_text(POLICY)
    return file
