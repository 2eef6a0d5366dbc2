"""A process ends well while threads behind it still have something to tell."""

import subprocess
import sys
from pathlib import Path

ROUNDS = 10

# The files change for the worse, which threads of the library tell; each callback gives the interpreter away in the middle.
PROGRAM = """
import sys, threading, time
from pathlib import Path
from gatewright import Authorizer

told = threading.Event()

def on_event(event):
    told.set()
    for _ in range(50):
        time.sleep(0.001)

files = [Path(name) for name in sys.argv[1:]]
authorizers = [Authorizer.from_file(file, fetch=False, on_event=on_event) for file in files]
for file in files:
    file.write_text("version = 2")
assert told.wait(20)
"""


def test_process_ends_while_events_are_told(tmp_path: Path) -> None:
    for number in range(ROUNDS):
        files = [tmp_path / f"{number}-{each}.toml" for each in range(4)]
        for file in files:
            file.write_text('version = 1\n[session]\nkeys = ["0123456789abcdef0123456789abcdef"]\n')
        command = [sys.executable, "-c", PROGRAM, *map(str, files)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (ran.returncode, ran.stderr) == (0, "")
