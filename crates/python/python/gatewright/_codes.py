"""Every reason code, as types; a test compares them with what the engine has."""

from typing import Literal, TypeAlias, get_args

Rejection: TypeAlias = Literal[
    "credential_missing",
    "credential_ambiguous",
    "token_malformed",
    "token_too_large",
    "algorithm_not_allowed",
    "key_unknown",
    "signature_invalid",
    "issuer_unknown",
    "audience_mismatch",
    "token_expired",
    "token_not_yet_valid",
    "token_type_mismatch",
    "claim_missing",
    "claim_invalid",
    "critical_header_unsupported",
    "session_malformed",
    "session_key_unknown",
    "session_expired",
    "session_idle",
    "session_host_mismatch",
    "revoked",
    "password_incorrect",
    "throttled",
    "api_key_unknown",
    "certificate_unknown",
    "proof_missing",
    "proof_invalid",
    "proof_replayed",
    "confirmation_unsupported",
    "token_too_complex",
    "step_up_required",
    "no_rule",
    "rule_denied",
    "identity_not_allowed",
    "scope_insufficient",
    "caveat_failed",
    "path_ambiguous",
    "request_malformed",
    "client_address_unknown",
    "peer_untrusted",
]
"""The client's doing: 401 or 403."""

Outage: TypeAlias = Literal["keys_unavailable", "overloaded", "store_unavailable", "internal"]
"""Nobody can tell, which is a no: 503."""

Code: TypeAlias = Literal["allowed"] | Rejection | Outage
"""What ``decision.code`` can be."""

CODES: tuple[Code, ...] = ("allowed", *get_args(Rejection), *get_args(Outage))
"""Every code, in the order of the documentation."""
