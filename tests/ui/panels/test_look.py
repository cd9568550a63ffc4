from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel
from pytestqt.qtbot import QtBot

from bcseg_gui.core.slides.look import Look
from bcseg_gui.ui.panels.look import GAMMA_RANGE, STEPS, LookPanel
from bcseg_gui.ui.widgets.folding import FoldingHeader


@pytest.fixture
def panel(qtbot: QtBot) -> LookPanel:
    panel = LookPanel()
    qtbot.addWidget(panel)
    panel.resize(190, 400)
    panel.show()
    return panel


def unfold(panel: LookPanel) -> None:
    panel.findChild(FoldingHeader).click()


def test_it_is_folded_up_and_changes_nothing_at_first(panel: LookPanel) -> None:
    assert not panel.brightness.isVisible()
    assert panel.look == Look()
    assert not panel.for_model
    assert not panel.reset.isEnabled()
    unfold(panel)
    assert panel.brightness.isVisible()


def test_the_sliders_make_a_look(qtbot: QtBot, panel: LookPanel) -> None:
    with qtbot.waitSignal(panel.changed) as changed:
        panel.brightness.slider.setValue(-30)
    assert changed.args == [Look(brightness=-0.3)]
    assert panel.brightness.text == "−30"
    panel.contrast.slider.setValue(STEPS)
    panel.gamma.slider.setValue(STEPS)
    assert panel.look == Look(-0.3, 1.0, GAMMA_RANGE)
    assert panel.gamma.text == "4.00"


@pytest.mark.parametrize("look", [Look(), Look(0.2, -0.4, 1.0, (240, 230, 235)), Look(gamma=0.25), Look(1, -1, 2.0)])
def test_showing_a_look_changes_nothing(qtbot: QtBot, panel: LookPanel, look: Look) -> None:
    with qtbot.assertNotEmitted(panel.changed):
        panel.show_look(look, for_model=True)
    assert panel.look == look
    assert panel.for_model
    assert panel.reset.isEnabled()


def test_a_double_click_on_its_name_takes_one_back(panel: LookPanel) -> None:
    unfold(panel)
    panel.show_look(Look(0.5, 0.5))
    QTest.mouseDClick(panel.contrast.findChild(QLabel), Qt.MouseButton.LeftButton)
    assert panel.look == Look(0.5, 0.0)


def test_reset_takes_everything_back(qtbot: QtBot, panel: LookPanel) -> None:
    panel.show_look(Look(0.2, -0.4, 2.0, (240, 230, 235)), for_model=True)
    with qtbot.waitSignal(panel.changed) as changed:
        panel.reset.click()
    assert changed.args == [Look()]
    assert not panel.for_model
    assert not panel.reset.isEnabled()


def test_the_model_sees_the_slides_own_colours_until_asked_otherwise(qtbot: QtBot, panel: LookPanel) -> None:
    panel.brightness.slider.setValue(30)
    assert not panel.for_model
    with qtbot.waitSignal(panel.changed):
        panel.findChild(QCheckBox).click()
    assert panel.for_model


def test_white_is_picked_in_the_picture(qtbot: QtBot, panel: LookPanel) -> None:
    unfold(panel)
    asked: list[bool] = []
    panel.pickWhite.connect(asked.append)
    panel.pick.click()
    assert panel.picking
    assert panel.findChild(QLabel, "caption").isVisible()
    with qtbot.waitSignal(panel.changed) as changed:
        panel.set_white((238, 229, 240))
    assert changed.args == [Look(white=(238, 229, 240))]
    assert not panel.picking
    assert not panel.findChild(QLabel, "caption").isVisible()
    assert asked == [True, False]


def test_a_dark_place_is_not_white_and_another_may_be_picked(qtbot: QtBot, panel: LookPanel) -> None:
    unfold(panel)
    panel.pick.click()
    with qtbot.assertNotEmitted(panel.changed):
        panel.set_white((60, 20, 70))
    assert panel.picking
    assert "too dark" in panel.findChild(QLabel, "caption").text()


@pytest.mark.parametrize("end", ["click", "fold", "show"])
def test_picking_is_given_up(panel: LookPanel, end: str) -> None:
    unfold(panel)
    panel.pick.click()
    asked: list[bool] = []
    panel.pickWhite.connect(asked.append)
    match end:
        case "click":
            panel.pick.click()
        case "fold":
            unfold(panel)
        case _:
            panel.show_look(Look())
    assert asked == [False]
    assert not panel.picking


def test_folded_up_it_tells_that_the_colours_are_not_the_slides_own(panel: LookPanel) -> None:
    neutral = panel.findChild(FoldingHeader).text(), panel.findChild(FoldingHeader).accessibleName()
    panel.show_look(Look(0.2))
    assert "•" in panel.findChild(FoldingHeader).text()
    assert "changed" in panel.findChild(FoldingHeader).accessibleName()
    panel.show_look(Look())
    assert (panel.findChild(FoldingHeader).text(), panel.findChild(FoldingHeader).accessibleName()) == neutral


def test_the_keyboard_reaches_everything(panel: LookPanel) -> None:
    panel.findChild(FoldingHeader).setFocus()
    QTest.keyClick(panel.findChild(FoldingHeader), Qt.Key.Key_Space)
    panel.brightness.slider.setFocus()
    QTest.keyClick(panel.brightness.slider, Qt.Key.Key_Right)
    assert panel.look == Look(brightness=0.01)
    names = [a.slider.accessibleName() for a in (panel.brightness, panel.contrast, panel.gamma)]
    assert names == ["Brightness", "Contrast", "Gamma"]
