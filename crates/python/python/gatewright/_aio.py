"""Deciding without blocking an event loop, and without taking the threads that it needs for other things."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from gatewright._native import Decision

if TYPE_CHECKING:
    from gatewright._native import Authorizer, Request

MAX_WAITING = 128
"""Passwords that wait to be hashed: some seconds' work, which is as long as anybody waits for a page."""
KEYS_SECONDS = 5
"""How long a decision waits for newer keys, as the synchronous one does."""


class _Hashing:
    """Threads that hash passwords, as many as there are processors, and a queue that has an end."""

    def __init__(self) -> None:
        self.seats = threading.BoundedSemaphore(MAX_WAITING)
        self.threads = ThreadPoolExecutor(os.cpu_count() or 1, "gatewright-password")


_hashing: _Hashing | None = None


async def decide(authorizer: Authorizer, request: Request, now: int | None) -> Decision:
    """Decide; passwords are hashed on threads of their own, and newer keys are waited for without one."""
    loop = asyncio.get_running_loop()
    keys: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, keys)

    answer = authorizer._attempt(request, now, wake)
    if isinstance(answer, Decision):
        return answer
    if answer:
        await asyncio.wait([keys], timeout=KEYS_SECONDS)
        return authorizer._decide_without_fetching(request, now)
    return await _hash(loop, authorizer, request, now)


async def _hash(loop: asyncio.AbstractEventLoop, authorizer: Authorizer, request: Request, now: int | None) -> Decision:
    global _hashing
    if _hashing is None:
        _hashing = _Hashing()
    hashing = _hashing
    if not hashing.seats.acquire(blocking=False):
        return authorizer._overloaded()
    try:
        return await loop.run_in_executor(hashing.threads, authorizer._decide_without_fetching, request, now)
    finally:
        hashing.seats.release()


def _resolve(keys: asyncio.Future[None]) -> None:
    if not keys.done():
        keys.set_result(None)


def forget_threads() -> None:
    """Leave the threads to the parent process; called in a forked child."""
    global _hashing
    _hashing = None
