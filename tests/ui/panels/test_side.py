from __future__ import annotations

from PySide6.QtWidgets import QApplication, QLabel, QSplitter
from pytestqt.qtbot import QtBot

from bcseg_gui.ui.panels.side import Side


def test_it_makes_room_for_the_longest_words(qtbot: QtBot) -> None:
    label, splitter = QLabel("short"), QSplitter()
    side = Side([label])
    splitter.addWidget(QLabel("the picture"))
    splitter.addWidget(side)
    splitter.setSizes([600, 200])
    splitter.resize(800, 400)
    qtbot.addWidget(splitter)
    splitter.show()
    QApplication.processEvents()
    assert side.width() < 300

    label.setText("Show what was changed by anybody, in words longer than the panel usually is wide")
    QApplication.processEvents()

    assert side.viewport().width() >= label.minimumSizeHint().width()
    assert label.geometry().right() <= side.viewport().width()
