"""Deciding without blocking an event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatewright._native import Authorizer, Decision, Request


async def decide(authorizer: Authorizer, request: Request, now: int | None) -> Decision:
    """Decide; what has to be waited for (a password, newer keys) is waited for on another thread."""
    decision = authorizer.decide_at_once(request, now=now)
    if decision is not None:
        return decision
    return await asyncio.to_thread(authorizer.decide, request, now=now)
