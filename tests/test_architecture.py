"""The rules of the house that cost most when broken."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_gui_process_imports_neither_torch_nor_model() -> None:
    command = (
        "import pkgutil, sys, bcseg_gui.__main__, bcseg_gui.app, bcseg_gui.compute.client\n"
        "import bcseg_gui.core, bcseg_gui.session, bcseg_gui.ui\n"
        "for package in (bcseg_gui.ui, bcseg_gui.session, bcseg_gui.core):\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        __import__(module.name)\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} & {'torch', 'model'}))"
    )
    answer = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout.strip()) == (0, ""), answer.stderr


def test_contracts_hold_the_import_rule() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    forbidden = {source: set[str]() for contract in contracts for source in contract.get("source_modules", ())}
    for contract in contracts:
        for source in contract.get("source_modules", ()):
            forbidden[source] |= set(contract["forbidden_modules"])
    for room in ("app", "ui", "session", "core", "compute.client"):
        assert {"torch", "model"} <= forbidden[f"bcseg_gui.{room}"], room
    assert {"PySide6", "bcseg_gui"} <= forbidden["model"]
    assert "PySide6" in forbidden["bcseg_gui.core"]


def test_the_window_calls_the_session_and_assigns_nothing_to_it() -> None:
    # What looks like an attribute would emit signals and change what others show.
    parts = {"session", "_session", "document", "_document", "tools", "_tools", "settings", "_settings"}
    assigned = [
        f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"
        for path in sorted((ROOT / "bcseg_gui" / "ui").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        if parts & set(ast.unparse(node.value).split("."))
    ]
    assert not assigned


def test_folders_that_are_no_packages_stay_so() -> None:
    # A package named “packaging” would shadow the one that pip's tools import.
    for folder in ("packaging", "resources", "tests", "benchmarks"):
        assert not list((ROOT / folder).rglob("__init__.py")), folder
