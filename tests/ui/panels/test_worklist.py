from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtWidgets import QListWidget
from pytestqt.qtbot import QtBot

from bcseg_gui.session.worklist import WorklistItem
from bcseg_gui.ui.panels.worklist import WorklistPanel, load_thumbnail


@pytest.fixture
def panel(qtbot: QtBot):
    panel = WorklistPanel()
    qtbot.addWidget(panel)
    panel.resize(220, 400)
    yield panel
    panel.close_quietly()


@pytest.fixture
def items(tmp_path: Path) -> list[WorklistItem]:
    paths = [tmp_path / f"{name}.png" for name in "abc"]
    for path in paths:
        cv2.imwrite(str(path), np.full((40, 80, 3), (0, 0, 255), np.uint8))
    return [WorklistItem(path, status) for path, status in zip(paths, ("reviewed", "doing", "todo"), strict=True)]


def test_it_shows_how_far_each_picture_is(panel: WorklistPanel, items) -> None:
    chosen: list[int] = []
    panel.chosen.connect(chosen.append)
    panel.show_items(items, 1)
    rows = panel.findChild(QListWidget)
    spoken = [rows.item(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(3)]
    assert spoken == ["a, reviewed", "b, in progress", "c, to do"]
    assert panel._title.text() == "1 of 3 reviewed"
    assert chosen == [], "showing is not choosing"
    rows.setCurrentRow(2)
    QCoreApplication.processEvents()
    assert chosen == [2]


def test_thumbnails_come_in_the_background(panel: WorklistPanel, items, qtbot: QtBot) -> None:
    items[1].path.write_bytes(b"no picture")
    panel.show()
    panel.show_items(items, 0)
    qtbot.waitUntil(lambda: len(panel._thumbnails) == 3)
    image = panel._thumbnails[items[0].path].pixmap(56, 42).toImage()
    middle = image.pixelColor(image.width() // 2, image.height() // 2)
    assert (middle.red(), middle.green(), middle.blue()) == (255, 0, 0)


def test_a_thumbnail_keeps_the_slides_proportions(items) -> None:
    assert load_thumbnail(items[0].path, QSize(56, 42)).size() == QSize(56, 28)
