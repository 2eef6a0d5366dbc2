"""Where the events of an authorizer go when nobody asks for them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatewright._native import Event

_logger = logging.getLogger("gatewright")


def log(event: Event) -> None:
    """Write an event to the logger ``gatewright``: a warning if the operator should look."""
    level = logging.WARNING if event.is_warning else logging.INFO
    _logger.log(level, "%s: %s", event.kind, event.message)
