"""The exceptions: the operator's mistakes, a refusal where a permit was required, and faults of gatewright itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatewright._codes import Code
    from gatewright._native import Decision


class GatewrightError(Exception):
    """The base of everything raised here."""


class ConfigError(GatewrightError):
    """The policy is wrong; the text says where, and what to write instead."""

    message: str
    """The mistake without its place."""
    line: int | None
    """The line, counted from 1; None if the policy came as a dict."""
    column: int | None
    """The column, counted from 1."""

    def __init__(
        self, text: str, message: str | None = None, line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(text)
        self.message = text if message is None else message
        self.line = line
        self.column = column


class KeySetError(GatewrightError):
    """The keys cannot be read, or none of them can be used."""


class RevocationsError(GatewrightError):
    """The list of revocations cannot be read."""


class SealError(GatewrightError):
    """The session cannot be sealed: the policy has no ``[session]``, or the claims are wrong or too many."""


class BiscuitError(GatewrightError):
    """The token cannot be made, narrowed or read."""


class UnknownIssuerError(GatewrightError):
    """The policy has no issuer of this name."""


class InternalError(GatewrightError):
    """A fault of gatewright: nothing was decided, so nothing may pass."""


class Denied(GatewrightError):  # noqa: N818 - no error: somebody was told no
    """The request may not pass, where a permit was required."""

    decision: Decision
    """What was decided instead."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(f"{decision.status} {decision.code}")
        self.decision = decision

    @property
    def status(self) -> int:
        """401, 403 or 503."""
        return self.decision.status

    @property
    def code(self) -> Code:
        """The reason code."""
        return self.decision.code
