from __future__ import annotations

import pytest

from bcseg_gui.ui.main_window import MainWindow
from bcseg_gui.ui.tools.brush import RADIUS_STEP
from bcseg_gui.ui.tools.table import TOOLS


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_is_chosen_and_the_picture_has_the_keyboard(window: MainWindow, tool: str) -> None:
    window.worklist.setFocus()
    window.actions_[tool].trigger()
    assert window.session.tools.tool == tool
    assert window.actions_[tool].isChecked()
    assert window.view.hasFocus()


def test_the_brush_is_resized_step_by_step(window: MainWindow) -> None:
    radius = window.session.tools.brush_radius
    window.actions_["brush_larger"].trigger()
    assert window.session.tools.brush_radius == pytest.approx(radius * RADIUS_STEP)
    window.actions_["brush_smaller"].trigger()
    assert window.session.tools.brush_radius == pytest.approx(radius)
