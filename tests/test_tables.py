"""Each table of the app, row by row: nothing that a row needs is missing.

A table that is added to the app gets a test here.
"""

from __future__ import annotations

import ast
import gettext
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot

from bcseg_gui.core.cells.columns import COLUMNS, Column
from bcseg_gui.core.project.classes import KEYS
from bcseg_gui.core.resources import resource
from bcseg_gui.core.settings import SETTINGS
from bcseg_gui.ui.actions.info import ActionInfo
from bcseg_gui.ui.actions.table import ACTIONS, MENUS
from bcseg_gui.ui.tools.table import TOOLS, ToolInfo
from model.networks import NETWORKS

TESTS = Path(__file__).resolve().parent
CLASS_KEYS = {str(number) for number in range(1, KEYS + 1)}


@pytest.fixture(scope="module")
def french() -> gettext.NullTranslations:
    return gettext.translation("bcseg", resource("translations"), languages=["fr"])


@pytest.fixture(scope="module")
def tested() -> frozenset[str]:
    """Every string and name that a test of the window or of the app from end to end says."""
    return frozenset(
        word for path in sorted(TESTS.rglob("*.py")) if path != Path(__file__) for word in _words(path) if word
    )


def _words(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Attribute):
            yield node.attr


def is_key(text: str) -> bool:
    return bool(QKeySequence(text).toString())


def untranslated(french: gettext.NullTranslations, *texts: str) -> list[str]:
    """Texts without an entry of their own in the catalogue. A French text may be the English one."""
    known = vars(french)["_catalog"]
    return [text for text in texts if text and not known.get(text)]


@pytest.mark.parametrize("info", ACTIONS.values(), ids=ACTIONS)
def test_an_action_is_complete(info: ActionInfo, french: gettext.NullTranslations, tested: frozenset[str]) -> None:
    assert info.text
    assert untranslated(french, info.text, info.tooltip) == []
    assert not info.icon or resource("icons", f"{info.icon}.svg").is_file()
    assert all(is_key(key) for key in info.keys), info.keys
    has_test = info.id in tested
    assert has_test, "no test names it"


def test_no_two_actions_share_a_key() -> None:
    keys = Counter(QKeySequence(key).toString() for info in ACTIONS.values() for key in info.keys)
    assert [key for key, times in keys.items() if times > 1] == []
    assert not CLASS_KEYS & keys.keys(), "these choose a class"


def test_menus_have_a_french_title(french: gettext.NullTranslations) -> None:
    assert untranslated(french, *(menu.title for menu in MENUS)) == []


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_a_tool_is_complete(tool: ToolInfo, french: gettext.NullTranslations, qtbot: QtBot) -> None:
    assert tool.text
    assert tool.tooltip
    assert tool.hint
    assert untranslated(french, tool.text, tool.tooltip, tool.hint) == []
    assert resource("icons", f"{tool.icon}.svg").is_file()
    assert is_key(tool.key)
    # The stub is enough to make one; what it does is tested where it stands.
    made = tool.make(_Anything())  # type: ignore[arg-type]
    assert made.name == tool.id, "the history and the pointer know it by this name"
    used = {name for path in (TESTS / "ui/tools").glob("test_*.py") for name in _imported(path)}
    assert {type(made).__name__} <= used, "no test in tests/ui/tools uses it"


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.id)
def test_a_column_is_complete(column: Column) -> None:
    assert [each.id for each in COLUMNS].count(column.id) == 1
    said = frozenset(_words(TESTS / "core/cells/test_columns.py"))
    assert {column.id} <= said, "no test in tests/core/cells/test_columns.py names it"


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_complete(name: str) -> None:
    module, _, class_name = NETWORKS[name].cls.partition(":")
    assert NETWORKS[name].load().__name__ == class_name
    test = TESTS / f"model/networks/test_{module.lstrip('.')}.py"
    has_test = bool({name, class_name} & {*_words(test), *_imported(test)})
    assert has_test, f"{test.name} does not name it"


def test_settings_have_keys_of_their_own() -> None:
    keys = [setting.key for setting in SETTINGS]
    assert len(set(keys)) == len(keys)
    assert all(keys)
    assert all(isinstance(setting.default(), str) for setting in SETTINGS)


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.alias):
            yield node.name


class _Anything:
    def __getattr__(self, name: str) -> _Anything:
        return _Anything()
