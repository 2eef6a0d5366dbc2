"""What the middleware of every framework shares: who asks, and what becomes of identity headers."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatewright._native import Authorizer, Permit

SAFE = "/!$&'()*+,;=:@~"
"""What stands in a path as it is (RFC 3986 §3.3); everything else is encoded again, the percent sign included."""


def client_address(text: str | None) -> str | None:
    """Return the address of a connection as the engine takes it; None if there is none (a unix socket)."""
    if not text:
        return None
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def method_of(name: str) -> str:
    """Return a method as the engine takes it; one that frameworks would read as another (`post` for `POST`) is refused."""
    return name if name == name.upper() else f"{name}, not in upper case"


def sets_cookie(values: Iterable[str], cookie: str) -> bool:
    """Tell whether an application sets the cookie of a ``Set-Cookie`` value itself: login and logout have the last word."""
    name = cookie.partition("=")[0]
    return any(value.partition("=")[0].strip() == name for value in values)


def environ_name(header: str) -> str:
    """Return the name that WSGI and CGI give a header; ``-`` and ``_`` are one there."""
    return "HTTP_" + header.upper().replace("-", "_")


def folded(header: str) -> str:
    """Return what two headers have in common that an application may take for each other."""
    return header.lower().replace("_", "-")


def reserved(permit: Permit, authorizer: Authorizer) -> set[str]:
    """Return the names of headers that only a permit may set: those of this one, and of a policy that came meanwhile."""
    return {name for name, _ in permit.headers}.union(authorizer.identity_headers)


def kept(headers: Iterable[tuple[bytes, bytes]], permit: Permit, authorizer: Authorizer) -> list[tuple[bytes, bytes]]:
    """Return the headers without those that only a permit may set, however they are spelt."""
    names = {folded(name).encode("latin-1") for name in reserved(permit, authorizer)}
    return [(name, value) for name, value in headers if name.lower().replace(b"_", b"-") not in names]
