"""The same work through gatewright and through what a Python service would use instead, side by side.

Every round runs all candidates in turn, in process CPU time, and gives one ratio each; printed are medians and the middle
eighty per cent of the rounds. gatewright's time is whole: the request is made, decided by a policy, and the subject is read.

python peers.py [ROUNDS]
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import itsdangerous
import jwt as pyjwt
from authlib.jose import jwt as authlib_jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwk as joserfc_jwk
from joserfc import jwt as joserfc_jwt

from gatewright import Authorizer, Config, KeySet, Request, SessionClaims

ISSUER = "https://login.example.com"
NOW = int(time.time())
TOKENS = 64
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 21
SECRET = bytes(range(32))


@dataclass
class Candidate:
    """Something to measure: `run` does `operations` operations."""

    name: str
    run: Callable[[], None]
    prepare: Callable[[], None] = lambda: None


def compare(title: str, ours: Candidate, peers: list[Candidate], operations: int) -> None:
    """Print one row for each peer."""
    candidates = [ours, *peers]
    rounds = [[measure(candidate, operations) for candidate in candidates] for _ in range(ROUNDS + 1)][1:]
    own = statistics.median(row[0] for row in rounds)
    for index, peer in enumerate(peers, 1):
        theirs = statistics.median(row[index] for row in rounds)
        ratios = sorted(row[index] / row[0] for row in rounds)
        low, high = ratios[len(ratios) // 10], ratios[-1 - len(ratios) // 10]
        ratio = statistics.median(ratios)
        print(f"| {title} | {peer.name} | {own:.2f} | {theirs:.2f} | {ratio:.1f} | {low:.1f}–{high:.1f} |", flush=True)


def measure(candidate: Candidate, operations: int) -> float:
    """Return microseconds of CPU time for one operation."""
    candidate.prepare()
    started = time.process_time_ns()
    candidate.run()
    return (time.process_time_ns() - started) / operations / 1000


def claims(index: int) -> dict:
    return {
        "iss": ISSUER,
        "aud": "app",
        "sub": f"user-{index}",
        "exp": NOW + 3600,
        "nbf": NOW - 60,
        "iat": NOW - 60,
        "jti": f"token-{index}",
        "email": "alice@example.com",
        "email_verified": True,
        "groups": ["staff", "reports", "billing"],
    }


def policy(algorithm: str) -> Config:
    keys = {"secret": "hex:" + SECRET.hex()} if algorithm == "HS256" else {"jwks_url": ISSUER + "/jwks"}
    issuer = {"issuer": ISSUER, "audiences": ["app"], "algorithms": [algorithm], "keys": keys}
    session = {"keys": ["hex:" + SECRET.hex()]}
    members = {"id": "members", "hosts": ["*.example.com"], "allow": [{"groups": ["staff"], "issuers": [ISSUER]}]}
    everybody = {"id": "sessions", "hosts": ["intranet.example"], "allow": "authenticated"}
    return Config.from_dict({"version": 1, "issuer": [issuer], "session": session, "rule": [members, everybody]})


def authorizer(algorithm: str, public: dict | None) -> Authorizer:
    made = Authorizer(policy(algorithm))
    return made if public is None else made.with_keys(ISSUER, KeySet.from_json({"keys": [public]}))


def tokens(algorithm: str, private: object, public_pem: bytes, public: dict | None) -> None:
    """Measure tokens of one algorithm."""
    key = SECRET if private is None else private
    texts = [pyjwt.encode(claims(index), key, algorithm) for index in range(TOKENS)]
    held = [authorizer(algorithm, public)]

    def decide() -> None:
        authorizer = held[0]
        for text in texts:
            request = Request("GET", "app.example.com", "/reports/7", {"authorization": "Bearer " + text})
            authorizer.require(request, now=NOW).identity.subject  # noqa: B018

    def fresh() -> None:
        held[0] = authorizer(algorithm, public)

    decoding = SECRET if private is None else private.public_key()

    def by_pyjwt() -> None:
        for text in texts:
            pyjwt.decode(text, decoding, [algorithm], audience="app", issuer=ISSUER)["sub"]

    joserfc_key = joserfc_jwk.import_key(SECRET, "oct") if private is None else joserfc_jwk.import_key(public)
    registry = joserfc_jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": "app"}, exp={"essential": True}
    )

    def by_joserfc() -> None:
        for text in texts:
            token = joserfc_jwt.decode(text, joserfc_key, algorithms=["Ed25519" if algorithm == "EdDSA" else algorithm, algorithm])
            registry.validate(token.claims)
            token.claims["sub"]

    options = {"iss": {"essential": True, "value": ISSUER}, "aud": {"essential": True, "value": "app"}, "exp": {"essential": True}}
    authlib_key = SECRET if private is None else public_pem

    def by_authlib() -> None:
        for text in texts:
            token = authlib_jwt.decode(text, authlib_key, claims_options=options)
            token.validate()
            token["sub"]

    peers = [
        Candidate("PyJWT, key object", by_pyjwt),
        Candidate("joserfc, key object", by_joserfc),
        Candidate("Authlib, PEM", by_authlib),
    ]
    compare(f"{algorithm}, first", Candidate("gatewright", decide, fresh), peers, TOKENS)
    compare(f"{algorithm}, remembered", Candidate("gatewright", decide), peers[:1], TOKENS)


def sessions() -> None:
    """Measure session cookies."""
    values = [{"sub": f"user-{index}", "groups": ["staff", "reports"], "iat": NOW} for index in range(TOKENS)]
    held = [authorizer("HS256", None)]
    sealed = [held[0].seal_session(SessionClaims(value["sub"], groups=value["groups"]), now=NOW) for value in values]
    cookies = [f"{held[0].session_cookie}={value}" for value in sealed]
    serializer = itsdangerous.URLSafeTimedSerializer(SECRET)
    signed = [serializer.dumps(value) for value in values]

    def decide() -> None:
        authorizer = held[0]
        for cookie in cookies:
            request = Request("GET", "intranet.example", "/reports/7", {"cookie": cookie})
            authorizer.require(request, now=NOW).identity.subject  # noqa: B018

    def by_itsdangerous() -> None:
        for value in signed:
            serializer.loads(value, max_age=3600)["sub"]

    peers = [Candidate("itsdangerous URLSafeTimedSerializer", by_itsdangerous)]
    compare("session cookie", Candidate("gatewright", decide), peers, TOKENS)


def overhead() -> None:
    """Measure what a call costs when there is next to nothing to decide."""
    everybody = {"id": "open", "paths": ["/open"], "allow": "anyone"}
    authorizer = Authorizer(Config.from_dict({"version": 1, "rule": [everybody]}))
    many = range(10_000)
    prepared = Request("GET", "app.example.com", "/open")

    def call() -> None:
        for _ in many:
            authorizer.decide(prepared, now=NOW)

    def whole() -> None:
        for _ in many:
            authorizer.decide(Request("GET", "app.example.com", "/open"), now=NOW)

    def empty(request: object, now: int) -> None:
        del request, now

    def python_call() -> None:
        for _ in many:
            empty(prepared, now=NOW)

    peers = [Candidate("an empty Python function", python_call)]
    compare("decide, open path", Candidate("gatewright", call), peers, len(many))
    compare("Request and decide, open path", Candidate("gatewright", whole), peers, len(many))


def main() -> None:
    """Print the table."""
    print("| what | against | gatewright µs | the other µs | times faster | 80 % of rounds |\n|---|---|---|---|---|---|")
    tokens("HS256", None, b"", None)
    rsa_key = rsa.generate_private_key(65537, 2048)
    curves = [("RS256", rsa_key), ("PS256", rsa_key), ("ES256", ec.generate_private_key(ec.SECP256R1()))]
    for algorithm, private in [*curves, ("EdDSA", ed25519.Ed25519PrivateKey.generate())]:
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        pem = private.public_key().public_bytes(encoding, form)
        public = joserfc_jwk.import_key(pem, {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}[algorithm]).as_dict()
        tokens(algorithm, private, pem, {key: value for key, value in public.items() if key != "kid"})
    sessions()
    overhead()


if __name__ == "__main__":
    main()
