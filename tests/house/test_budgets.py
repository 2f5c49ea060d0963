"""Files, functions and views stay small enough to be read at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import ROOT, sources

FILE, MODELS, FUNCTION, VIEW = 300, 400, 40, 15

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    """Lines of the signature and the body, without decorators, docstring and what the docstring is followed by."""
    body = function.body
    if ast.get_docstring(function) is not None:
        doc = body[0]
        return (function.end_lineno or 0) - function.lineno - ((doc.end_lineno or 0) - doc.lineno)
    return (function.end_lineno or 0) - function.lineno + 1


def is_view(function: Function) -> bool:
    """A public function or method that takes a request, in a room of views."""
    names = [argument.arg for argument in function.args.args]
    return not function.name.startswith("_") and "request" in names[:2]


def rooms_of_views() -> list[Path]:
    found = [path for path in sources() if "views" in path.stem or "views" in path.parent.name]
    protocol = [path for path in (ROOT / "registry_api").glob("*.py") if "class " in path.read_text()]
    return [*found, *(path for path in protocol if path.name not in {"base.py", "errors.py", "door.py"})]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_and_its_functions_are_within_the_budget(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= (MODELS if path.name == "models.py" else FILE)
    assert {found.name: length(found) for found in functions(path) if length(found) > FUNCTION} == {}


@pytest.mark.parametrize("path", rooms_of_views(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_view_translates_and_does_no_more(path: Path) -> None:
    views = [found for found in functions(path) if is_view(found)]
    assert {view.name: length(view) for view in views if length(view) > VIEW} == {}


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_function_of_the_tests_is_within_the_budget(path: Path) -> None:
    assert {found.name: length(found) for found in functions(path) if length(found) > FUNCTION} == {}
