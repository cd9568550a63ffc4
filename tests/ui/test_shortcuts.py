from __future__ import annotations

from pytestqt.qtbot import QtBot

from bcseg_gui.ui.shortcuts import Shortcut, mouse_shortcuts, shortcut, slide_shortcuts


def test_keys_stand_apart_as_on_keycaps(qtbot: QtBot) -> None:
    assert shortcut("Undo", ("Ctrl+Z",)).ways == (("Ctrl", "Z"),)
    assert shortcut("Redo", ("Ctrl+Shift+Z", "Ctrl+Y")).ways == (("Ctrl", "Shift", "Z"), ("Ctrl", "Y"))
    assert shortcut("Zoom in", ("+", "Ctrl++")).ways == (("+",), ("Ctrl", "+")), "the plus is a key itself"
    assert Shortcut("Size of the tool", (("Ctrl", "Wheel"),)) in mouse_shortcuts().shortcuts


def test_no_more_than_two_ways_are_listed(qtbot: QtBot) -> None:
    assert shortcut("Zoom in", ("+", "=", "Ctrl++")).ways == (("+",), ("=",))


def test_a_shortcut_is_found_by_its_words_and_its_keys() -> None:
    undo = Shortcut("Undo", (("Ctrl", "Z"),))
    assert all(undo.matches(text) for text in ("", "und", "ctrl+z", "ctrl z"))
    assert not undo.matches("redo")


def test_the_slide_and_the_mouse_have_shortcuts_of_their_own(qtbot: QtBot) -> None:
    groups = mouse_shortcuts(), slide_shortcuts()
    assert len({group.title for group in groups}) == len(groups)
    assert all(each.words and each.ways for group in groups for each in group.shortcuts)
