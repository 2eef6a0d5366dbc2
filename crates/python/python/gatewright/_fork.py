"""Authorizers in forked processes: threads and locks stay with the parent, so each starts anew in the child."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatewright._native import Authorizer

_authorizers: weakref.WeakSet[Authorizer] = weakref.WeakSet()


def register(authorizer: Authorizer) -> None:
    """Remember an authorizer until it is gone."""
    _authorizers.add(authorizer)


def _renew() -> None:
    for authorizer in list(_authorizers):
        authorizer._after_fork()  # noqa: SLF001 - its other half


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
