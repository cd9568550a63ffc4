from __future__ import annotations

from types import SimpleNamespace

import pytest

from bcseg_gui.ui.actions.actions import main_action


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
