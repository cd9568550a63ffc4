"""Whatever the app can say, it can say in French."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(path for package in ("bcseg_gui", "model") for path in (ROOT / package).rglob("*.py"))


def test_the_french_catalogue_is_complete_and_compiled() -> None:
    script = ROOT / "packaging/translations.py"
    check = subprocess.run([sys.executable, script, "check"], capture_output=True, encoding="utf-8", check=False)
    assert check.returncode == 0, check.stdout + check.stderr


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_texts_are_literals_that_can_be_collected(path: Path) -> None:
    spoken = {"_", "N_", "ngettext", "UserError", "ModelError"}
    computed = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in spoken
        and not (node.args and _is_text(node.args[0]))
    ]
    assert not computed, computed


def _is_text(argument: ast.expr) -> bool:
    """A string literal, or the template of an error that came from elsewhere."""
    if isinstance(argument, ast.Constant):
        return isinstance(argument.value, str)
    return (argument.attr if isinstance(argument, ast.Attribute) else ast.unparse(argument)) == "template"
