"""Authorizers in forked processes: threads and locks stay with the parent, so each starts anew in the child."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING

from gatewright import _aio

if TYPE_CHECKING:
    from gatewright._native import Authorizer

_authorizers: weakref.WeakSet[Authorizer] = weakref.WeakSet()


def register(authorizer: Authorizer) -> None:
    """Remember an authorizer until it is gone."""
    _authorizers.add(authorizer)


def _renew() -> None:
    _aio.forget_threads()
    for authorizer in list(_authorizers):
        authorizer._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
