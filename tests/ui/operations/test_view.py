from __future__ import annotations

import pytest

from bcseg_gui.ui.dialogs.about import AboutDialog
from bcseg_gui.ui.main_window import MainWindow


def test_from_picture_to_picture_and_back(window: MainWindow) -> None:
    window.actions_["next"].trigger()
    assert window.session.index == 1
    window.actions_["previous"].trigger()
    assert window.session.index == 0
    window.operations.viewing.select(1)
    assert window.session.index == 1


def test_zoom_in_and_out_are_opposite(window: MainWindow) -> None:
    window.actions_["actual"].trigger()
    actual = window.view.zoom
    window.actions_["zoom_in"].trigger()
    assert window.view.zoom > actual
    window.actions_["zoom_out"].trigger()
    assert window.view.zoom == pytest.approx(actual)
    window.actions_["fit"].trigger()
    seen = window.view.visible_region()
    assert (seen.w, seen.h) == (400, 300)


def test_turning_left_and_right_are_opposite(window: MainWindow) -> None:
    window.actions_["actual"].trigger()
    corners = [window.view.mapFromScene(0, 0)]
    window.actions_["rotate_left"].trigger()
    window.actions_["fit"].trigger()
    turned = window.view.mapFromScene(0, 0)
    assert turned.y() > window.view.mapFromScene(400, 0).y(), "the upper left corner is below the upper right one"
    window.actions_["rotate_right"].trigger()
    window.actions_["actual"].trigger()
    corners.append(window.view.mapFromScene(0, 0))
    assert (corners[0] - corners[1]).manhattanLength() <= 2


def test_the_loupe_is_switched_on_and_off(window: MainWindow) -> None:
    action = window.actions_["loupe"]
    assert action.isCheckable()
    action.trigger()
    assert action.isChecked()
    action.trigger()
    assert not action.isChecked()


def test_the_app_says_what_it_is(window: MainWindow) -> None:
    window.actions_["about"].trigger()
    dialog = window.findChild(AboutDialog)
    assert dialog is not None
    assert dialog.isVisible()
    dialog.close()
