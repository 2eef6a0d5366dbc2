from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from os import PathLike
from typing import Any, ClassVar, Literal, NoReturn, Protocol, final, type_check_only

from typing_extensions import Self, disjoint_base  # the standard library has them later

from gatewright._codes import Code, Outage, Rejection

__all__ = [
    "OUTAGES",
    "REJECTIONS",
    "Allow",
    "Audit",
    "Authorizer",
    "Challenge",
    "Config",
    "Decision",
    "Event",
    "Explanation",
    "Forbid",
    "Identity",
    "Indeterminate",
    "KeySet",
    "Permit",
    "Request",
    "Revocations",
    "RootKey",
    "SessionClaims",
    "__version__",
    "_panicking_request",
    "attenuate",
]

REJECTIONS: tuple[Rejection, ...]
OUTAGES: tuple[Outage, ...]
__version__: str

@type_check_only
class _Items(Protocol):
    def items(self) -> Iterable[tuple[str | bytes, str | bytes]]: ...

@final
class Request:
    """A request to decide on; its parts are raw, as the client sent them: nothing is decoded or normalised.

    Text stands for its ISO 8859-1 bytes, as in every Python HTTP server. Headers are a mapping or pairs; only pairs show that a
    field came twice. `host` may have a port; `path` includes the query. `client` is the client's address, if somebody trustworthy
    saw it.

    With `forwarded`, scheme and client are not the caller's to say: they come from the headers that `proxy_sets.middleware` of the
    policy names, and are https and unknown without it. `portless_host` says that the host never carries a port whatever port was
    used, and `proxy_sets` which certificate headers the proxy overwrites.

    Raises `TypeError` or `ValueError`, naming the part.

    >>> Request("GET", "app.example.com", "/reports/7?x=1", {"Accept": "text/html"}, client="192.0.2.7")
    <Request GET https://app.example.com/reports/7>
    """
    def __new__(
        cls,
        method: str | bytes,
        host: str | bytes,
        path: str | bytes,
        headers: Mapping[str, str] | Mapping[bytes, bytes] | Iterable[tuple[str | bytes, str | bytes]] | _Items | None = None,
        *,
        scheme: str | bytes | None = None,
        client: str | IPv4Address | IPv6Address | None = None,
        forwarded: bool = False,
        portless_host: bool = False,
        proxy_sets: Sequence[str] = ...,
    ) -> Self: ...
    @property
    def is_navigation(self) -> bool:
        """Whether a person's browser opens a page with it, so that a challenge may send it to the login.

        >>> Request("GET", "app.example.com", "/", {"Sec-Fetch-Mode": "navigate"}).is_navigation
        True
        """

@disjoint_base
class Decision:
    """May this request pass? One of `Allow`, `Challenge`, `Forbid` and `Indeterminate`.

    A decision is neither true nor false: `if authorizer.decide(request):` raises `TypeError`.

    >>> decision = authorizer.decide(Request("GET", "app.example.com", "/healthz"))
    >>> decision
    <allow 200 allowed by rule "health">
    >>> match decision:
    ...     case Allow(permit):
    ...         print("for", permit.identity)
    ...     case Challenge(code) | Forbid(code) | Indeterminate(code):
    ...         print(decision.status, code)
    for None
    """
    @property
    def outcome(self) -> Literal["allow", "challenge", "forbid", "indeterminate"]:
        """`allow`, `challenge`, `forbid` or `indeterminate`."""
    @property
    def status(self) -> Literal[200, 401, 403, 503]:
        """200, 401, 403 or 503."""
    @property
    def code(self) -> Code:
        """`allowed`, or the stable reason code."""
    @property
    def rule(self) -> str | None:
        """The id of the rule that decided, if one did."""
    @property
    def detail(self) -> str:
        """The reason in words, for the operator and never for the client; empty on allow."""
    @property
    def audit(self) -> Audit:
        """Facts for the log."""
    @property
    def shadows(self) -> tuple[tuple[str, Code], ...]:
        """What rules with `shadow = true` would have decided: pairs of rule and code."""
    @property
    def wants_keys(self) -> str | None:
        """The issuer whose newer keys could change this answer."""
    def into_permit(self) -> Permit:
        """Gives the permit, or raises `Denied` with the decision."""
    def answer(self, *, navigation: bool = False) -> tuple[int, list[tuple[str, str]]]:
        """Status and headers of the answer to give; its body is empty. Only an allow is 2xx.

        With `navigation`, a challenge sends the browser to the login (302), if there is one.

        >>> authorizer.decide(Request("GET", "app.example.com", "/reports/7")).answer()
        (401, [('Cache-Control', 'no-store'), ('WWW-Authenticate', 'Bearer realm="gatewright"')])
        """
    def __bool__(self) -> NoReturn: ...

@final
class Allow(Decision):
    """Yes (200), with a permit.

    >>> isinstance(authorizer.decide(Request("GET", "app.example.com", "/healthz")), Allow)
    True
    """

    __match_args__: ClassVar[tuple[Literal["permit"]]] = ("permit",)
    @property
    def permit(self) -> Permit:
        """What it hands on."""

@final
class Challenge(Decision):
    """Log in, or log in better (401).

    >>> challenge = authorizer.decide(Request("GET", "app.example.com", "/reports/7"))
    >>> challenge.code, challenge.www_authenticate
    ('credential_missing', 'Bearer realm="gatewright"')
    """

    __match_args__: ClassVar[tuple[Literal["code"]]] = ("code",)
    @property
    def www_authenticate(self) -> str:
        """The one `WWW-Authenticate` value (RFC 6750 §3, RFC 9470 §3)."""
    @property
    def login_url(self) -> str | None:
        """Where to log in, with the return address; None without `[login]` and on the login page itself."""

@final
class Forbid(Decision):
    """No (403): logging in again would not help.

    >>> authorizer.decide(Request("GET", "app.example.com", "/a/../b"))
    <forbid 403 path_ambiguous>
    """

    __match_args__: ClassVar[tuple[Literal["code"]]] = ("code",)
    @property
    def www_authenticate(self) -> str | None:
        """The `WWW-Authenticate` value that goes with a missing scope (RFC 6750 §3.1)."""

@final
class Indeterminate(Decision):
    """Nobody can tell now (503), which is a no.

    >>> closed = Authorizer(config)
    >>> closed.close()
    >>> closed.decide(Request("GET", "app.example.com", "/healthz"))
    <indeterminate 503 internal>
    """

    __match_args__: ClassVar[tuple[Literal["code"]]] = ("code",)

@final
class Permit:
    """What an allow hands on: the only place where an identity is found.

    >>> permit = authorizer.require(Request("GET", "app.example.com", "/healthz"))
    >>> permit.headers
    [('X-User', '')]
    """

    __match_args__: ClassVar[tuple[Literal["identity"]]] = ("identity",)
    @property
    def identity(self) -> Identity | None:
        """Whose request it is; None where a rule allows anyone and nobody is logged in."""
    @property
    def headers(self) -> list[tuple[str, str]]:
        """Every configured identity header once, empty if there is nothing to say. Values are printable ASCII."""
    @property
    def renewed_session(self) -> str | None:
        """The `Set-Cookie` value of a renewed session, to be handed on with the answer."""

@final
class Identity:
    """Who a verified credential speaks for.

    >>> cookie = authorizer.seal_session(SessionClaims("alice", groups=["staff"]))
    >>> request = Request("GET", "app.example.com", "/reports/7", {"Cookie": f"{authorizer.session_cookie}={cookie}"})
    >>> identity = authorizer.require(request).identity
    >>> identity
    <Identity subject='alice', credential='session'>
    >>> identity.groups
    ('staff',)
    """

    __match_args__: ClassVar[tuple[Literal["subject"]]] = ("subject",)
    @property
    def subject(self) -> str:
        """The identifier that rules and logs know it by."""
    @property
    def email(self) -> str | None:
        """The e-mail address, if it is verified."""
    @property
    def name(self) -> str | None:
        """The name to show."""
    @property
    def groups(self) -> tuple[str, ...]:
        """The groups, in the order of the credential."""
    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes of a token."""
    @property
    def issuer(self) -> str | None:
        """The issuer of a token or session, if it names one."""
    @property
    def credential(self) -> Literal["jwt", "biscuit", "basic", "api_key", "session", "client_cert"]:
        """The kind of credential: `jwt`, `biscuit`, `basic`, `api_key`, `session` or `client_cert`."""
    @property
    def acr(self) -> str | None:
        """How strongly it was authenticated (OpenID Connect Core §2)."""
    @property
    def amr(self) -> tuple[str, ...]:
        """By which methods (RFC 8176)."""
    @property
    def auth_time(self) -> int | None:
        """When, in seconds since 1970."""
    def claim(self, *path: str) -> Any:
        """A claim by the names that lead to it, as a JSON value; None if there is none."""

@final
class Audit:
    """Facts for the log, never for the client."""
    @property
    def subject(self) -> str | None:
        """The subject, if a credential was verified."""
    @property
    def issuer(self) -> str | None:
        """The issuer, if a credential was verified and names one."""
    @property
    def kid(self) -> str | None:
        """The id of the key that verified the credential, if it has one."""
    @property
    def credential(self) -> str | None:
        """The kind of credential that was presented."""

@final
class Explanation:
    """How a decision came about; `str` of it is for people. It never contains a token, a cookie or a key."""
    @property
    def steps(self) -> list[dict[str, Any]]:
        """The steps in order, each a dict with the member `step`."""

@final
class Config:
    """A policy, read and checked. The file is described in the reference of the policy file.

    >>> Config.from_toml("version = 1").warnings
    ['there is no [[rule]]: every request is forbidden']
    >>> Config.from_toml("version = 1\\n[sesion]")
    Traceback (most recent call last):
    gatewright._errors.ConfigError: 2:2: unknown key `sesion` in the file; did you mean `session`?
    """
    @staticmethod
    def from_toml(text: str) -> Config:
        """Reads the text of a policy file. Raises `ConfigError` with line and column."""
    @staticmethod
    def from_dict(policy: Mapping[str, Any]) -> Config:
        """Takes a dict of the same shape. Raises `ConfigError`, or `TypeError` for what TOML has no word for."""
    def resolve(self, read: Callable[[str], bytes | str] | None = None, *, folder: str | PathLike[str] = ...) -> Config:
        """Reads what the policy refers to, and returns a policy that refers to nothing: from the environment and from files below
        `folder` (by default, the current one), or by `read`, which gets `env:NAME` or `file:PATH` and returns bytes or str.

        Raises `ConfigError` where something cannot be read, and whatever `read` raises.

        >>> config = Config.from_toml('version = 1\\n[session]\\nkeys = ["env:KEY"]')
        >>> Authorizer(config.resolve(lambda reference: b"k" * 32)).session_cookie
        '__Host-gatewright'
        """
    @property
    def references(self) -> list[str]:
        """What the policy refers to: `env:NAME` or `file:PATH`."""
    @property
    def warnings(self) -> list[str]:
        """What looks like a mistake."""

@final
class KeySet:
    """An issuer's public keys.

    >>> KeySet.from_json({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})
    <KeySet of 1>
    """
    @staticmethod
    def from_json(jwks: str | Mapping[str, Any]) -> KeySet:
        """Reads a JWKS (RFC 7517 §5), as JSON text or as a dict. Raises `KeySetError` if no key of it can be used."""
    @staticmethod
    def from_pem(text: str) -> KeySet:
        """Reads public keys in PEM. Raises `KeySetError`."""
    @property
    def dropped(self) -> list[str]:
        """The keys that were left out, and why."""
    def __len__(self) -> int: ...

@final
class Revocations:
    """What does not count any more: sessions, tokens, and everything a subject had before a moment.

    >>> Revocations.from_json({"sessions": ["a-session-id"], "tokens": [], "subjects": []})
    <Revocations>
    """
    @staticmethod
    def from_json(revocations: str | Mapping[str, Any]) -> Revocations:
        """Reads a list, as JSON text or as a dict. Raises `RevocationsError`."""

@final
class SessionClaims:
    """What a service that logs people in seals into the session cookie. Times are in seconds; `sid` is random if none is given.

    >>> authorizer.seal_session(SessionClaims("alice", email="alice@example.com", lifetime=3600))[:3]
    'v1.'
    """
    def __new__(
        cls,
        subject: str,
        *,
        sid: str | None = None,
        issuer: str | None = None,
        email: str | None = None,
        name: str | None = None,
        groups: Sequence[str] = ...,
        scopes: Sequence[str] = ...,
        amr: Sequence[str] = ...,
        acr: str | None = None,
        hosts: Sequence[str] = ...,
        auth_time: int | None = None,
        lifetime: int | None = None,
    ) -> Self: ...
    @property
    def sid(self) -> str:
        """The session's id, by which it can be revoked."""
    @property
    def subject(self) -> str:
        """The subject."""

@final
class Event:
    """Something that happened behind the decisions. It holds no secret."""
    @property
    def kind(self) -> str:
        """Such as `reloaded`, `reload_failed`, `warning`, `keys_fetched`, `keys_failed`, `key_dropped`."""
    @property
    def message(self) -> str:
        """What happened, in words."""
    @property
    def is_warning(self) -> bool:
        """Whether the operator should look."""

@final
class Authorizer:
    """Decides requests: compiled once, shared by all threads.

    `Authorizer(config)` never changes; `with_keys` and `with_revocations` give a new one. `Authorizer.from_file` keeps itself up to
    date. Both work in threads, beside an event loop, and after a fork.

    >>> authorizer = Authorizer(config)
    >>> authorizer.decide(Request("GET", "app.example.com", "/healthz"))
    <allow 200 allowed by rule "health">
    """
    def __new__(cls, config: Config) -> Self: ...
    @staticmethod
    def from_file(
        path: str | PathLike[str],
        *,
        watch: bool = True,
        fetch: bool = True,
        on_event: Callable[[Event], object] | None = None,
    ) -> Authorizer:
        """Opens a policy file and keeps up to date with it: fetches the issuers' keys, and reloads when a file changes.

        `on_event` is told of every change and every failure, on another thread; by default they go to the logger `gatewright`. Without
        `watch` the files are read at `reload` alone, without `fetch` nothing is asked of the network. Use it as a context manager, or
        `close` it, to end its threads.

        Raises `ConfigError` if the file cannot be put in force. Later mistakes leave the old policy in force.

        >>> with Authorizer.from_file("gatewright.toml") as authorizer:
        ...     authorizer.decide(Request("GET", "app.example.com", "/healthz")).code
        'allowed'
        """
    def decide(self, request: Request, *, now: int | None = None) -> Decision:
        """Decides whether a request may pass now, or at `now` in seconds since 1970.

        Never refuses by an exception. With `[[basic]]` it may take as long as hashing a password takes, and for a token of an unknown key
        up to five seconds; other threads run meanwhile. Beside an event loop use `decide_async`.
        """
    def decide_at_once(self, request: Request, *, now: int | None = None) -> Decision | None:
        """Decides if that needs no waiting: no password to hash, no keys to fetch. Else None, and `decide` answers on a thread that
        may wait.
        """
    def decide_async(self, request: Request, *, now: int | None = None) -> Awaitable[Decision]:
        """Decides as `decide` does, to be awaited: the event loop runs on meanwhile."""
    def _attempt(self, request: Request, now: int | None, wake: Callable[[], object]) -> Decision | bool:
        """Decides if that needs no waiting. Else False if a password has to be hashed, or True if newer keys are being fetched: `wake`
        is called, on another thread, when they have come or not.
        """
    def _decide_without_fetching(self, request: Request, now: int | None) -> Decision:
        """Decides with the keys there are."""
    @staticmethod
    def _overloaded() -> Decision:
        """Refuses because too many wait."""
    def require(self, request: Request, *, now: int | None = None) -> Permit:
        """Gives the permit of a request, or raises `Denied`.

        >>> authorizer.require(Request("GET", "app.example.com", "/reports/7"))
        Traceback (most recent call last):
        gatewright._errors.Denied: 401 credential_missing
        """
    def explain(self, request: Request, *, now: int | None = None) -> tuple[Decision, Explanation]:
        """Decides by the same code and says how; nothing is remembered.

        >>> decision, explanation = authorizer.explain(Request("GET", "app.example.com", "/healthz"))
        >>> print(explanation)
        request     GET https://app.example.com/healthz from an unknown address
        rule        ok `health`: matches: this rule decides
        outcome     allow (allowed):
        """
    def with_keys(self, issuer: str, keys: KeySet) -> Authorizer:
        """Returns an authorizer that uses these keys for that issuer. Raises `UnknownIssuerError`."""
    def with_revocations(self, revocations: Revocations) -> Authorizer:
        """Returns an authorizer that refuses what this list revokes."""
    def update_keys(self, issuer: str, keys: KeySet) -> None:
        """Gives an issuer keys by hand, in force when it returns; for an authorizer from a file."""
    def update_revocations(self, revocations: Revocations) -> None:
        """Replaces the list of revocations, in force when it returns; for an authorizer from a file."""
    def reload(self) -> list[str]:
        """Reads the file again, in force when it returns; returns what looks like a mistake in it. Raises `ConfigError`."""
    @property
    def ready(self) -> bool:
        """Whether every issuer has had keys once, or 30 seconds have passed."""
    @property
    def closed(self) -> bool:
        """Whether it was closed."""
    def close(self) -> None:
        """Ends the threads behind it; from then on every decision is `internal` (503)."""
    def __enter__(self) -> Self: ...
    def __exit__(self, *_exception: object) -> None: ...
    def seal_session(self, claims: SessionClaims, *, now: int | None = None) -> str:
        """Seals a session and returns the cookie's value. Raises `SealError`."""
    @property
    def session_cookie(self) -> str | None:
        """The session cookie's name; None without `[session]`."""
    def set_cookie(self, value: str) -> str | None:
        """The `Set-Cookie` value that gives a browser a sealed session."""
    @property
    def clear_cookie(self) -> str | None:
        """The `Set-Cookie` value that takes the session from a browser."""
    def return_address(self, raw: str) -> str | None:
        """Judges the raw query text after `rd=`: the address to return to after a login, as received, if `[login]` allows it.

        >>> authorizer.return_address("https%3A%2F%2Fevil.example%2F") is None
        True
        """
    def inspect_biscuit(self, token: str) -> Identity:
        """Verifies a biscuit for the operator and returns whose it is. Raises `BiscuitError`, the reason code first."""
    @property
    def assertion_keys(self) -> str | None:
        """The public keys of `[assertion]` as a JWKS in JSON; None without it."""
    @property
    def warnings(self) -> list[str]:
        """What looks like a mistake in the policy in force."""
    @property
    def identity_headers(self) -> list[str]:
        """The configured identity headers, which no client may write."""
    def _after_fork(self) -> None:
        """Starts anew in a child process."""

@final
class RootKey:
    """The private half of a biscuit root key.

    >>> key = RootKey.generate()
    >>> token = key.mint("report-bot", methods=["GET"], paths=["/reports/**"])
    """
    @staticmethod
    def generate() -> RootKey:
        """Makes an Ed25519 key."""
    @staticmethod
    def parse(text: str) -> RootKey:
        """Reads `ed25519-private/<hex>` or `secp256r1-private/<hex>`. Raises `BiscuitError`."""
    @property
    def private_text(self) -> str:
        """The private half, in the form that `parse` reads."""
    @property
    def public_text(self) -> str:
        """The public half, in the form that the policy file takes."""
    def mint(
        self,
        subject: str,
        *,
        email: str | None = None,
        name: str | None = None,
        groups: Sequence[str] = ...,
        scopes: Sequence[str] = ...,
        key_id: int | None = None,
        methods: Sequence[str] = ...,
        hosts: Sequence[str] = ...,
        paths: Sequence[str] = ...,
        until: int | None = None,
    ) -> str:
        """Makes a token for somebody, narrowed to methods, hosts and paths (`/reports/**`), until a moment in seconds since 1970.

        Raises `BiscuitError` if the engine would not accept it.
        """

def attenuate(
    token: str,
    *,
    methods: Sequence[str] = ...,
    hosts: Sequence[str] = ...,
    paths: Sequence[str] = ...,
    until: int | None = None,
    seal: bool = False,
) -> str:
    """Narrows a token, which needs no key: whoever holds one may make it weaker. With `seal`, nothing can be appended afterwards.

    Raises `BiscuitError`.

    >>> weaker = attenuate(RootKey.generate().mint("alice"), methods=["GET"], seal=True)
    >>> attenuate(weaker, methods=["POST"])
    Traceback (most recent call last):
    gatewright._errors.BiscuitError: the token is sealed: nothing can be appended to it
    """

def _panicking_request(request: Request) -> Request:
    """Makes a request whose headers make the engine panic; for the test that a panic is an ordinary exception."""
