from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest

from bcseg_gui.core.resources import resource
from bcseg_gui.ui.action_table import ICON_ONLY, TOOLBAR, TOOLS, action_infos, menus
from bcseg_gui.ui.actions import main_action


def test_tables_name_actions_that_exist() -> None:
    keys = {info.key for info in action_infos()}
    named = {key for entries in menus().values() for key in entries} | {*TOOLBAR, *TOOLS} | ICON_ONLY
    assert named - {None} <= keys


def test_every_action_can_be_reached_from_the_menus() -> None:
    in_menus = {key for entries in menus().values() for key in entries}
    assert {info.key for info in action_infos()} <= in_menus


def test_no_two_actions_share_a_shortcut() -> None:
    shortcuts = Counter(shortcut for info in action_infos() for shortcut in info.shortcuts)
    assert [shortcut for shortcut, times in shortcuts.items() if times > 1] == []


def test_every_icon_is_there() -> None:
    assert [
        info.icon for info in action_infos() if info.icon and not resource("icons", f"{info.icon}.svg").is_file()
    ] == []


@pytest.mark.parametrize(
    ("status", "state", "expected"),
    [
        ("todo", {}, "segment"),
        ("doing", {}, "reviewed"),
        ("doing", {"segmenting": True}, ""),
        ("reviewed", {"has_todo": True}, "next"),
        ("reviewed", {"is_complete": True, "is_enough": True}, "retrain"),
    ],
)
def test_one_thing_to_do_next(status: str, state: dict[str, bool], expected: str) -> None:
    document = SimpleNamespace(segmenting=state.pop("segmenting", False))
    how_far = {"status": status, "is_complete": False, "is_enough": False, "has_todo": False} | state
    session = SimpleNamespace(document=document, reviewing=SimpleNamespace(**how_far))
    assert main_action(session) == expected


def test_first_of_all_something_is_opened() -> None:
    assert main_action(SimpleNamespace(document=None)) == "open"
