"""One list of reason codes in every language."""

import re
from pathlib import Path

import gatewright
from gatewright import CODES, OUTAGES, REJECTIONS

ROOT = Path(__file__).parents[3]


def test_the_types_name_every_code_of_the_engine():
    literal = ", ".join(f'"{code}"' for code in REJECTIONS)
    assert ("allowed", *REJECTIONS, *OUTAGES) == CODES, f"write in _codes.py: Rejection = Literal[{literal}]"


def test_rust_and_the_documentation_have_the_same_codes():
    source = (ROOT / "crates/core/src/rejection.rs").read_text()
    assert tuple(re.findall(r'= "([a-z_]+)" \d{3},', source)) == REJECTIONS + OUTAGES
    page = (ROOT / "docs/src/reference/reason-codes.md").read_text()
    assert tuple(re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE)) == REJECTIONS + OUTAGES


def test_the_version_is_that_of_the_package():
    manifest = (ROOT / "Cargo.toml").read_text()
    assert f'version = "{gatewright.__version__}"' in manifest
