"""The examples of the docstrings run, and the stub says the same as the module."""

import doctest
import inspect
import subprocess
import sys
from pathlib import Path

import gatewright
import pytest
from gatewright import Authorizer, Config

CRATE = Path(__file__).parents[1]
POLICY = """
version = 1
[session]
keys = ["0123456789abcdef0123456789abcdef"]
[identity_headers]
X-User = "subject"
[[rule]]
id = "health"
paths = ["/healthz"]
allow = "anyone"
[[rule]]
id = "members"
allow = "authenticated"
"""


def documented():
    """Return every public object of the package, and of the native module below it, that has a docstring."""
    for name in gatewright.__all__:
        item = getattr(gatewright, name)
        yield name, item
        if inspect.isclass(item) and item.__module__ == "gatewright":
            yield from ((f"{name}.{member}", value) for member, value in vars(item).items() if not member.startswith("_"))


OBJECTS = {name: inspect.getdoc(item) or "" for name, item in documented()}
EXAMPLES = {name: text for name, text in OBJECTS.items() if ">>>" in text}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_of(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gatewright.toml").write_text(POLICY)
    config = Config.from_toml(POLICY)
    names = {**vars(gatewright), "config": config, "authorizer": Authorizer(config)}
    example = doctest.DocTestParser().get_doctest(EXAMPLES[name], names, name, None, None)
    assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example).failed == 0


def test_every_class_and_function_says_what_it_is():
    objects = [
        name
        for name in OBJECTS
        if "." in name or inspect.isroutine(getattr(gatewright, name)) or inspect.isclass(getattr(gatewright, name))
    ]
    assert [name for name in objects if not OBJECTS[name]] == []
    assert len(EXAMPLES) >= 20


def test_the_stub_has_the_docstrings_of_the_module():
    subprocess.run([sys.executable, CRATE / "stub_docs.py"], check=True)
