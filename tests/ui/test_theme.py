from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QCheckBox
from pytestqt.qtbot import QtBot

from bcseg_gui.ui import theme


@pytest.fixture(params=[False, True], ids=["light", "dark"])
def dressed(request: pytest.FixtureRequest, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    before, style = qapp.palette(), qapp.style().objectName()
    monkeypatch.setattr(theme, "is_dark", lambda: request.param)
    theme.apply(qapp)
    yield request.param
    qapp.setStyle(style)
    qapp.setPalette(before)
    qapp.setStyleSheet("")


def luminance(color: QColor) -> float:
    """Relative luminance as WCAG 2 defines it."""
    shares = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3]]
    return 0.2126 * shares[0] + 0.7152 * shares[1] + 0.0722 * shares[2]


def contrast(one: QColor, other: QColor) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_words_stand_out(dressed: bool, qapp: QApplication) -> None:
    palette = qapp.palette()
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.PlaceholderText, QPalette.ColorRole.Link):
        assert contrast(palette.color(role), palette.color(QPalette.ColorRole.Window)) >= 4.5, role


@pytest.mark.parametrize("checked", [False, True])
def test_a_box_is_seen_whether_it_is_ticked_or_not(dressed: bool, qtbot: QtBot, checked: bool) -> None:
    box = QCheckBox()
    qtbot.addWidget(box)
    box.setChecked(checked)
    box.show()
    picture, window = box.grab().toImage(), box.palette().color(QPalette.ColorRole.Window)
    colors = [picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height())]
    assert max(contrast(color, window) for color in colors) >= (3 if dressed or checked else 1.5)
