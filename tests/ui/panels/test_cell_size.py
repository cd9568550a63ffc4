from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from bcseg_gui.session.cell_size import CellSize, Origin
from bcseg_gui.ui.panels.cell_size import CellSizeBox


@pytest.fixture
def box(qtbot: QtBot) -> CellSizeBox:
    box = CellSizeBox()
    qtbot.addWidget(box)
    with qtbot.waitActive(box):
        box.show()
        box.activateWindow()
    return box


@pytest.mark.parametrize(
    ("size", "text", "expected"),
    [
        (CellSize(42.4, "picture"), "≈ 42 px", "Estimated"),
        (CellSize(75.0, "scale"), "75 px", "scale"),
        (CellSize(50.0, "person"), "50 px", "Set by you"),
        (CellSize(106.0, "model"), "≈ 106 px", "No cells"),
        (CellSize(106.0, "looking"), "…", "measured"),
        (CellSize(None, "model"), "–", "No cells"),
    ],
)
def test_it_says_how_large_the_cells_are_and_how_that_is_known(
    box: CellSizeBox, size: CellSize, text: str, expected: str
) -> None:
    box.show_size(CellSize(30.0, "person"))
    box.show_size(size)
    assert box.number.text() == text
    assert expected in box.number.toolTip()
    assert box.automatic.isVisible() == (size.origin == "person")


def test_showing_chooses_nothing(qtbot: QtBot, box: CellSizeBox) -> None:
    origins: tuple[Origin, ...] = ("looking", "picture", "person", "model", "looking")
    with qtbot.assertNotEmitted(box.chosen):
        for number, origin in enumerate(origins):
            box.show_size(CellSize(30.0 + number, origin))


def test_a_number_typed_over_an_estimate_is_chosen(qtbot: QtBot, box: CellSizeBox) -> None:
    box.show_size(CellSize(42.0, "picture"))
    box.number.setFocus()
    box.number.selectAll()
    with qtbot.waitSignal(box.chosen) as chosen:
        qtbot.keyClicks(box.number, "55")
        box.show_size(CellSize(41.0, "picture"))  # an estimate that arrives meanwhile
        qtbot.keySequence(box.number, "Return")
    assert chosen.args == [55.0]


@pytest.mark.parametrize("end", ["Return", "Tab"])
def test_an_emptied_field_is_automatic_again(qtbot: QtBot, box: CellSizeBox, end: str) -> None:
    box.show_size(CellSize(50.0, "person"))
    box.number.setFocus()
    box.number.lineEdit().selectAll()
    qtbot.keySequence(box.number, "Delete")
    with qtbot.waitSignal(box.chosen) as chosen:
        qtbot.keySequence(box.number, end)
    assert chosen.args == [None]
    box.show_size(CellSize(42.0, "picture"))
    assert box.number.text() == "≈ 42 px"


@pytest.mark.parametrize("size", [CellSize(106.0, "looking"), CellSize(None, "model")])
def test_there_are_no_steps_from_no_number(qtbot: QtBot, box: CellSizeBox, size: CellSize) -> None:
    box.number.setFocus()
    box.show_size(size)
    shown = box.number.text()
    with qtbot.assertNotEmitted(box.chosen):
        for key in ("Up", "Down", "PgUp"):
            qtbot.keySequence(box.number, key)
    assert box.number.text() == shown
    box.show_size(CellSize(42.0, "picture"))
    with qtbot.waitSignal(box.chosen) as chosen:
        qtbot.keySequence(box.number, "Up")
    assert chosen.args == [43.0]


def test_the_button_is_automatic_again(qtbot: QtBot, box: CellSizeBox) -> None:
    box.show_size(CellSize(50.0, "person"))
    with qtbot.waitSignal(box.chosen) as chosen:
        box.automatic.click()
    assert chosen.args == [None]


def test_nothing_moves_when_the_origin_changes(box: CellSizeBox) -> None:
    widths = set()
    for size in (CellSize(7.0, "looking"), CellSize(1042.0, "picture"), CellSize(7.0, "person")):
        box.show_size(size)
        widths.add((box.number.sizeHint().width() <= box.number.minimumWidth(), box.sizeHint().width()))
    assert len(widths) == 1
