"""Eight threads decide while keys and policy reload: no wrong answer, no crash, no growth.

python soak.py [SECONDS]   ten seconds by default
"""

import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

from gatewright import Authorizer, KeySet, Request, SessionClaims

THREADS = 8
KEY = "0123456789abcdef0123456789abcdef"
JWK = {"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
POLICY = f"""
version = 1
[session]
keys = ["{KEY}"]
[[issuer]]
issuer = "https://login.example.com"
audiences = ["app"]
algorithms = ["EdDSA"]
keys = {{ jwks_url = "https://login.example.com/jwks" }}
[[rule]]
id = "open"
paths = ["/open"]
allow = "anyone"
[[rule]]
id = "members-%d"
allow = "authenticated"
"""
ALLOWED_GROWTH = 16 * 1024
"""KiB after the first fifth: what threads and the allocator take once is not growth."""


def main() -> int:
    """Run, and print one line."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gatewright.toml"
        path.write_text(POLICY % 0)
        with Authorizer.from_file(path, watch=False, fetch=False, on_event=lambda _: None) as authorizer:
            return soak(authorizer, path, seconds)


def soak(authorizer: Authorizer, path: Path, seconds: float) -> int:
    """Decide in threads, change things meanwhile, compare memory early and late."""
    cookie = f"{authorizer.session_cookie}={authorizer.seal_session(SessionClaims('alice'))}"
    questions = [
        (Request("GET", "a", "/open"), 200, "open"),
        (Request("GET", "a", "/x", {"Cookie": cookie}), 200, "members-"),
        (Request("GET", "a", "/x"), 401, "members-"),
        (Request("GET", "a", "/x", {"Cookie": cookie[:-2] + "AA"}), 401, "members-"),
        (Request("GET", "a", "/x", {"Authorization": "Bearer e30.e30.e30"}), 401, "members-"),
        (Request("GET", "a", "/a/../b"), 403, ""),
    ]
    wrong: list[str] = []
    counts = [0] * THREADS
    stop = threading.Event()

    def decide(number: int) -> None:
        while not stop.is_set():
            for request, status, rule in questions:
                decision = authorizer.decide(request)
                if decision.status != status or not (decision.rule or "").startswith(rule):
                    wrong.append(f"{request!r}: {decision!r}")
                counts[number] += 1

    threads = [threading.Thread(target=decide, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    started, changes, early = time.monotonic(), 0, 0
    while (elapsed := time.monotonic() - started) < seconds and not wrong:
        changes += 1
        path.write_text(POLICY % changes)
        authorizer.reload()
        authorizer.update_keys("https://login.example.com", KeySet.from_json({"keys": [JWK]}))
        if not early and elapsed > seconds / 5:
            early = resident()
    grown = resident() - early
    stop.set()
    for thread in threads:
        thread.join()
    print(f"{sum(counts)} decisions in {THREADS} threads, {changes} reloads, {len(wrong)} wrong, {grown} KiB more memory")
    if wrong or grown > ALLOWED_GROWTH or changes < 10:
        print("\n".join(wrong[:5]))
        return 1
    return 0


def resident() -> int:
    """Return the process's resident memory in KiB."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return pages * resource.getpagesize() // 1024


if __name__ == "__main__":
    sys.exit(main())
