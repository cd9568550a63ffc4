from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, Qt
from PySide6.QtWidgets import QButtonGroup, QLabel, QWidget
from pytestqt.qtbot import QtBot

from bcseg_gui.core.slides.slide import PLAUSIBLE_MPP
from bcseg_gui.ui.panels.scale import OBJECTIVES, ScaleBox, ScaleDialog, estimated_mpp, scale_text


@pytest.fixture
def box(qtbot: QtBot) -> ScaleBox:
    box = ScaleBox()
    qtbot.addWidget(box)
    box.show()
    return box


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[QWidget]:
    window = QWidget()
    qtbot.addWidget(window)
    yield window
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_what_the_file_says_is_only_read(box: ScaleBox) -> None:
    box.show_scale(0.2528, 40.0)
    assert box.label.text() == "0.253 µm/px · 40×"
    assert "file" in box.label.toolTip()
    assert not box.button.isVisible()


def test_where_the_file_says_nothing_it_can_be_set(qtbot: QtBot, box: ScaleBox) -> None:
    box.show_scale(None, 40.0)
    assert not box.label.isVisible()
    assert box.button.text() == "Set scale…"
    box.button.click()
    dialog = box.findChild(ScaleDialog)
    assert dialog is not None
    dialog.number.setText("0.25")
    with qtbot.waitSignal(box.chosen) as chosen:
        dialog.set.click()
    assert chosen.args == [0.25]
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_what_a_person_set_can_be_changed(box: ScaleBox) -> None:
    box.show_scale(0.1, is_given=True)
    assert box.button.isVisible()
    assert box.button.text() == "0.1 µm/px"
    assert "Set by you" in box.button.toolTip()


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("text", ["0.25", "0,25", " 0.25 "])
def test_a_point_and_a_comma_are_both_understood(window: QWidget, language: str, text: str) -> None:
    default = QLocale()
    QLocale.setDefault(QLocale(language))
    try:
        dialog = ScaleDialog(None, None, window)
    finally:
        QLocale.setDefault(default)
    assert not dialog.set.isEnabled(), "nothing is known yet"
    dialog.number.setText(text)
    assert dialog.mpp == 0.25
    dialog.close()


@pytest.mark.parametrize("text", ["", "x", "0", "-1", "nan", "inf", "0.019", "5.01", "353"])
def test_no_scale_of_a_microscope_can_be_set(qtbot: QtBot, window: QWidget, text: str) -> None:
    dialog = ScaleDialog(0.25, None, window)
    dialog.number.setText(text)
    assert not dialog.set.isEnabled()
    with qtbot.assertNotEmitted(dialog.chosen):
        qtbot.keyClick(dialog.number, Qt.Key.Key_Return)
    dialog.close()


@pytest.mark.parametrize("power", OBJECTIVES)
def test_an_objective_gives_an_estimate(qtbot: QtBot, window: QWidget, power: int) -> None:
    dialog = ScaleDialog(None, None, window)
    button = dialog.findChild(QButtonGroup).button(power)
    button.click()
    assert PLAUSIBLE_MPP[0] <= estimated_mpp(power) <= PLAUSIBLE_MPP[1]
    assert dialog.mpp == estimated_mpp(power)
    assert dialog.findChild(QButtonGroup).checkedId() == power
    dialog.number.setText("0.333")
    assert dialog.findChild(QButtonGroup).checkedId() == -1, "another number is no longer this objective's"
    dialog.close()


def test_the_objective_in_the_file_is_offered(window: QWidget) -> None:
    dialog = ScaleDialog(None, 100.0, window)
    assert dialog.mpp == estimated_mpp(100)
    assert "217 px" in dialog.findChild(QLabel, "caption").text()  # a red cell of 7.5 µm
    dialog.close()


def test_back_to_unknown(qtbot: QtBot, window: QWidget) -> None:
    dialog = ScaleDialog(0.25, None, window)
    with qtbot.waitSignal(dialog.chosen) as chosen:
        dialog.unknown.click()
    assert chosen.args == [None]


def test_cancel_chooses_nothing(qtbot: QtBot, window: QWidget) -> None:
    dialog = ScaleDialog(0.25, None, window)
    with qtbot.assertNotEmitted(dialog.chosen):
        dialog.number.setText("0.5")
        dialog.cancel.click()


def test_nothing_known_is_no_text() -> None:
    assert scale_text(None) == ""
    assert scale_text(None, 20.0) == "20×"
