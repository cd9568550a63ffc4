from __future__ import annotations

from pytestqt.qtbot import QtBot

from bcseg_gui.ui.widgets.percent import PercentLabel


def test_it_is_as_wide_for_every_number(qtbot: QtBot) -> None:
    label = PercentLabel()
    qtbot.addWidget(label)
    widths = []
    for percent in (5, 50, 100):
        label.show_percent(percent)
        assert label.text() == f"{percent} %"
        assert label.sizeHint().width() <= label.width()
        widths.append(label.width())
    assert len(set(widths)) == 1
