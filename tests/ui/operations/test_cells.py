from __future__ import annotations

import numpy as np
import pytest

from bcseg_gui.core.geometry import Region
from bcseg_gui.session.document import Document
from bcseg_gui.ui.main_window import MainWindow


@pytest.fixture
def document(window: MainWindow) -> Document:
    document = window.session.document
    assert document is not None
    document.begin_stroke("brush", 1)
    document.paint(Region(50, 50, 40, 40), np.ones((40, 40), np.bool_))
    document.end_stroke()
    return document


def test_reviewed_goes_on_and_can_be_taken_back(window: MainWindow, document: Document) -> None:
    window.actions_["reviewed"].trigger()
    assert window.session.reviewing.count == 1
    assert window.session.index == 1
    window.actions_["previous"].trigger()
    assert window.actions_["not_reviewed"].isEnabled()
    window.actions_["not_reviewed"].trigger()
    assert window.session.reviewing.count == 0


def test_undo_redo_and_jump(window: MainWindow, document: Document) -> None:
    painted = document.edits()[-1].seq
    window.actions_["undo"].trigger()
    assert not document.read_mask(document.whole).any()
    window.actions_["redo"].trigger()
    assert document.read_mask(document.whole).any()
    window.operations.cells.jump(0)
    assert not document.read_mask(document.whole).any()
    window.operations.cells.jump(painted)
    assert document.read_mask(document.whole).any()


@pytest.mark.parametrize(
    ("key", "method"),
    [
        ("segment", "picture"),
        ("segment_visible", "visible"),
        ("segment_selection", "selection"),
        ("segment_whole", "whole"),
        ("resume", "resume"),
        ("quick_segment", "quick"),
    ],
)
def test_each_way_to_segment_asks_the_session_for_it(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, key: str, method: str
) -> None:
    called: list[str] = []
    for name in ("picture", "visible", "selection", "whole", "resume", "quick"):
        monkeypatch.setattr(
            window.session.segmenting, name, lambda *_arguments, name=name, **_more: called.append(name)
        )
    window.actions_[key].setEnabled(True)  # disabled for a photograph
    window.actions_[key].trigger()
    assert called == [method]
