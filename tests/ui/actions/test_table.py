from __future__ import annotations

from collections import Counter

from bcseg_gui.ui.actions.table import ACTIONS, MENUS, SEGMENT_MENU
from bcseg_gui.ui.tools.table import TOOLS


def rows() -> list[str]:
    return [info.id for menu in MENUS for section in menu.sections for info in section]


def test_every_row_has_an_id_of_its_own() -> None:
    assert [action_id for action_id, times in Counter(rows()).items() if times > 1] == []
    assert list(ACTIONS) == rows()


def test_every_tool_can_be_taken() -> None:
    assert {info.id for info in ACTIONS.values() if info.group == "tool"} == set(TOOLS)


def test_menus_name_the_keys_of_their_actions() -> None:
    listed = {each.words: each.ways for menu in MENUS for each in menu.shortcuts().shortcuts}
    assert set(listed) == {info.text.rstrip("…") for info in ACTIONS.values() if info.keys}
    assert listed["Undo"] == (("Ctrl", "Z"),)
    titles = [menu.shortcuts().title for menu in MENUS]
    assert "File" in titles
    assert len(set(titles)) == len(titles)


def test_the_segment_menu_is_part_of_the_cells_menu() -> None:
    assert {info.id for section in SEGMENT_MENU for info in section} <= set(ACTIONS)
