"""Keeps the docstrings of `_native.pyi` the same as those of the module, where they are written (in Rust).

python stub_docs.py            fails, and says so, if they differ
python stub_docs.py --write    writes them
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from gatewright import _native

STUB = Path(__file__).parent / "python/gatewright/_native.pyi"


def documented(stub: str) -> str:
    """Return the stub with the module's docstrings."""
    lines = without_docstrings(stub).splitlines()
    tree = ast.parse("\n".join(lines))
    for node in reversed(list(definitions(tree))):
        owner, definition = node
        runtime = getattr(_native, owner.name) if owner else _native
        text = getattr(getattr(runtime, definition.name), "__doc__", None)
        if not text or definition.name.startswith("__"):
            continue
        insert(lines, definition, text)
    return "\n".join(lines) + "\n"


def definitions(tree: ast.Module) -> Iterator[tuple[ast.ClassDef | None, ast.ClassDef | ast.FunctionDef]]:
    """Give every class and function with the class it is in, in the order of the file."""
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and hasattr(_native, node.name):
            yield None, node
            if isinstance(node, ast.ClassDef):
                for member in node.body:
                    if isinstance(member, ast.FunctionDef):
                        yield node, member


def insert(lines: list[str], node: ast.ClassDef | ast.FunctionDef, text: str) -> None:
    """Put a docstring at the beginning of a body; a body of `...` becomes the docstring."""
    indent = " " * (node.col_offset + 4)
    quoted = text.strip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    docstring = [(indent + line).rstrip() for line in f'"""{quoted}"""'.splitlines()]
    if "\n" in quoted:
        docstring[-1] = docstring[-1].removesuffix('"""')
        docstring.append(f'{indent}"""')
    first = node.body[0]
    last_of_head = lines[first.lineno - 1]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and first.value.value is ...:
        lines[first.lineno - 1 : first.lineno] = [last_of_head[: first.col_offset].rstrip(), *docstring]
    else:
        at = min([first.lineno, *[decorator.lineno for decorator in getattr(first, "decorator_list", [])]]) - 1
        lines[at:at] = docstring


def without_docstrings(stub: str) -> str:
    """Take every docstring out, and put `...` where nothing else is left."""
    tree = ast.parse(stub)
    lines = stub.splitlines()
    nodes = [item for item in ast.walk(tree) if isinstance(item, (ast.ClassDef, ast.FunctionDef))]
    for node in sorted(nodes, key=lambda item: item.lineno, reverse=True):
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            if len(node.body) == 1:
                lines[first.lineno - 1 : first.end_lineno] = []
                lines[first.lineno - 2] += " ..."
            else:
                lines[first.lineno - 1 : first.end_lineno] = []
    return "\n".join(lines) + "\n"


def main() -> int:
    """Check or write."""
    stub = STUB.read_text()
    right = documented(stub)
    if sys.argv[1:] == ["--write"]:
        STUB.write_text(right)
    elif ast.dump(ast.parse(stub)) != ast.dump(ast.parse(right)):  # blank lines are the formatter's
        print("_native.pyi has other docstrings than the module: run `python stub_docs.py --write`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
