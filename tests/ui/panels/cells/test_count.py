from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from bcseg_gui.core.cells.diameter import smallest_cell_area
from bcseg_gui.core.cells.labelling import find_cells
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region, TileKey
from bcseg_gui.core.masks import Mask
from bcseg_gui.ui.panels.cells import count as cells
from bcseg_gui.ui.panels.cells.count import CellsPanel

SIDE = 2200
"""Five tiles a side, the last ones cut."""


@pytest.fixture
def panel(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[CellsPanel]:
    monkeypatch.setattr(cells, "COUNT_DELAY_MS", 0)
    monkeypatch.setattr(cells, "SLICE_SECONDS", 0.0)  # a tile at a time
    panel = CellsPanel()
    qtbot.addWidget(panel)
    panel.resize(190, 200)
    panel.show()
    yield panel
    panel.close_quietly()


@pytest.fixture
def mask(tmp_path: Path) -> Iterator[Mask]:
    """Cells in rows, many of them across the border of two tiles."""
    classes = np.zeros((SIDE, SIDE), np.uint8)
    for y in range(60, SIDE - 40, 113):
        for x in range(60, SIDE - 40, 113):
            cv2.circle(classes, (x, y), 30, 1, -1)
    with Mask.open(tmp_path / "mask.sqlite", (SIDE, SIDE)) as mask:
        edit = mask.begin("brush")
        edit.paint(Region(0, 0, SIDE, SIDE), classes > 0, 1)
        edit.commit()
        yield mask


def document(mask: Mask) -> SimpleNamespace:
    return SimpleNamespace(mask=mask, whole=Region(0, 0, *mask.dimensions))


def caption(panel: CellsPanel) -> str:
    return panel._caption.text()


def test_the_cells_of_a_photograph_are_counted(qtbot: QtBot, panel: CellsPanel, mask: Mask) -> None:
    panel.show_document(document(mask))
    qtbot.waitUntil(lambda: panel.text == str(len(find_cells(mask.read(Region(0, 0, SIDE, SIDE))))))
    assert caption(panel) == "cells"


@pytest.mark.parametrize(
    "view",
    [Region(0, 0, 600, 500), Region(500, 1000, 700, 300), Region(-300, -300, 400, 900), Region(2000, 7, 900, 900)],
)
def test_of_a_large_slide_those_in_view_are(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, panel: CellsPanel, mask: Mask, view: Region
) -> None:
    monkeypatch.setattr(cells, "LARGEST_COUNTED", 1_000_000)
    panel.show_document(document(mask))
    panel.view_moved(view)
    seen = view.intersected(Region(0, 0, SIDE, SIDE))
    qtbot.waitUntil(lambda: panel.text == str(len(find_cells(mask.read(seen), smallest_cell_area(0.0)))))
    assert caption(panel) == ("cells in view" if panel.text != "1" else "cell in view")


def test_where_too_much_is_in_view_it_says_what_to_do(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, panel: CellsPanel, mask: Mask
) -> None:
    monkeypatch.setattr(cells, "LARGEST_COUNTED", 1_000_000)
    monkeypatch.setattr(cells, "LARGEST_IN_VIEW", 500_000)
    panel.show_document(document(mask))
    panel.view_moved(Region(0, 0, 2000, 2000))
    qtbot.waitUntil(lambda: caption(panel) == "Zoom in to count the cells in view")
    assert panel.text == "–"
    panel.view_moved(Region(0, 0, 600, 500))
    qtbot.waitUntil(lambda: caption(panel) == "cells in view")


def test_the_window_gets_its_turn_while_the_mask_is_read(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, panel: CellsPanel, mask: Mask
) -> None:
    events: list[str] = []
    turn = QTimer(panel, interval=0)
    turn.timeout.connect(lambda: events.append("turn"))
    tile = mask.tile

    def watched(key: TileKey):
        events.append("tile")
        return tile(key)

    monkeypatch.setattr(mask, "tile", watched)
    turn.start()
    panel.show_document(document(mask))
    qtbot.waitUntil(lambda: panel.text != "–")
    turn.stop()
    assert events.count("tile") == 25
    assert "tile tile" not in " ".join(events)


def test_a_change_while_the_mask_is_read_is_counted(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, panel: CellsPanel, mask: Mask
) -> None:
    tile, everything = mask.tile, Region(0, 0, SIDE, SIDE)

    def changing(key: TileKey):
        if key == TileKey(0, 3, 0):  # the first rows are read already
            monkeypatch.setattr(mask, "tile", tile)
            edit = mask.begin("eraser")
            edit.paint(everything, np.ones((SIDE, SIDE), np.bool_), 0)
            edit.paint(Region(5, 5, 40, 40), np.ones((40, 40), np.bool_), 1)
            edit.commit()
            panel.recount()
        return tile(key)

    monkeypatch.setattr(mask, "tile", changing)
    panel.show_document(document(mask))
    qtbot.waitUntil(lambda: panel.text != "–")
    assert (panel.text, caption(panel)) == ("1", "cell")


def test_a_mask_that_cannot_be_read_has_no_number(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, panel: CellsPanel, mask: Mask
) -> None:
    panel.show_document(document(mask))
    qtbot.waitUntil(lambda: panel.text != "–")

    def damaged(key: TileKey):
        raise UserError("A part of the mask cannot be read.")

    monkeypatch.setattr(mask, "tile", damaged)
    panel.recount()
    qtbot.waitUntil(lambda: panel.text == "–")


def test_closing_the_picture_ends_the_reading(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, panel: CellsPanel, mask: Mask
) -> None:
    read: list[TileKey] = []

    def closing(key: TileKey):
        read.append(key)
        panel.show_document(None)

    monkeypatch.setattr(mask, "tile", closing)
    panel.show_document(document(mask))
    qtbot.waitUntil(lambda: bool(read) and not panel._soon.isActive())
    QTest.qWait(0)
    assert len(read) == 1
    assert panel.text == "–"


def test_an_unfinished_segmentation_is_told(panel: CellsPanel) -> None:
    assert not panel._unfinished.isVisible()
    panel.show_unfinished(40)
    assert panel._unfinished.isVisible()
    assert "40 %" in panel._unfinished.text()
    panel.show_unfinished(None)
    assert not panel._unfinished.isVisible()


def test_the_cells_of_each_class_are_told(qtbot: QtBot, panel: CellsPanel, mask: Mask) -> None:
    edit = mask.begin("brush")
    for x in (1100, 1300):
        edit.paint(Region(x, 1100, 90, 90), np.ones((90, 90), np.bool_), 0)
        edit.paint(Region(x + 20, 1120, 40, 40), np.ones((40, 40), np.bool_), 2)
    edit.commit()
    told: list[dict[int, int] | None] = []
    panel.counted.connect(told.append)
    panel.show_document(document(mask))
    qtbot.waitUntil(lambda: panel.text != "–")
    cells = find_cells(mask.read(Region(0, 0, SIDE, SIDE)))
    assert told[0] is None
    assert told[-1] == {n: np.count_nonzero(cells.class_ids == n) for n in (1, 2)}
    assert panel.text == str(len(cells))
    panel.show_document(None)
    assert told[-1] is None
