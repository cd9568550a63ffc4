"""Classes of the window stay small enough to read in one go."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

UI = Path(__file__).resolve().parents[2] / "bcseg_gui/ui"
METHODS, ATTRIBUTES = 30, 15
REASON = "# large:"
"""Prefix of a comment on the class's first line that says why it may be larger."""


def classes() -> list[tuple[str, ast.ClassDef, str]]:
    """Yield (name for the report, class, its first line)."""
    found = []
    for path in sorted(UI.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)]
        found += [(f"{path.relative_to(UI)}:{node.name}", node, lines[node.lineno - 1]) for node in nodes]
    return found


def attributes_set(function: ast.FunctionDef) -> set[str]:
    """Of `self`."""
    return {
        node.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }


@pytest.mark.parametrize(("node", "line"), [pytest.param(*rest, id=name) for name, *rest in classes()])
def test_a_class_is_small_or_says_why_not(node: ast.ClassDef, line: str) -> None:
    methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
    attributes = set().union(*(attributes_set(each) for each in methods if each.name == "__init__"))
    is_small = len(methods) <= METHODS and len(attributes) <= ATTRIBUTES
    has_reason = REASON in line
    assert is_small != has_reason, f"{len(methods)} methods, {len(attributes)} attributes: {sorted(attributes)}"
