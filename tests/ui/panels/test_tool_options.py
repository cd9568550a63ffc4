from __future__ import annotations

import pytest
from PySide6.QtWidgets import QCheckBox, QLabel, QSlider
from pytestqt.qtbot import QtBot

from bcseg_gui.session.tool_settings import ToolSettings
from bcseg_gui.ui.panels.brush_size import BrushSize
from bcseg_gui.ui.panels.tool_options import ToolOptions
from bcseg_gui.ui.tools.table import TOOLS
from bcseg_gui.ui.widgets.elided import ElidedLabel
from bcseg_gui.ui.widgets.number_box import NumberBox


@pytest.fixture
def settings() -> ToolSettings:
    return ToolSettings()


@pytest.fixture
def options(qtbot: QtBot, settings: ToolSettings) -> ToolOptions:
    options = ToolOptions(settings)
    qtbot.addWidget(options)
    options.resize(900, options.height())
    with qtbot.waitExposed(options):
        options.show()
    return options


def sensitivity_of(options: ToolOptions) -> QSlider:
    return next(each for each in options.findChildren(QSlider) if each.accessibleName() == "Sensitivity")


@pytest.mark.parametrize(
    ("tool", "size", "sensitivity", "apart"),
    [
        ("pan", False, False, False),
        ("brush", True, False, False),
        ("smart_brush", True, True, False),
        ("wand", False, True, True),
        ("outline", False, False, True),
    ],
)
def test_a_tool_shows_its_own_settings(
    options: ToolOptions, settings: ToolSettings, tool: str, size: bool, sensitivity: bool, apart: bool
) -> None:
    settings.choose_tool(tool)

    assert options.findChild(QLabel, "panelTitle").text() == TOOLS[tool].text
    assert options.findChild(ElidedLabel).toolTip() == TOOLS[tool].hint
    assert options.findChild(BrushSize).isVisible() == size
    assert sensitivity_of(options).isVisible() == sensitivity
    assert options.findChild(QCheckBox).isVisible() == apart


def test_it_is_as_high_with_any_tool(options: ToolOptions, settings: ToolSettings) -> None:
    heights = set()
    for tool in TOOLS:
        settings.choose_tool(tool)
        heights.add((options.height(), options.minimumSizeHint().height() <= options.height()))

    assert heights == {(options.height(), True)}


def test_it_may_be_narrow(options: ToolOptions, settings: ToolSettings) -> None:
    for tool in TOOLS:
        settings.choose_tool(tool)
        assert options.minimumSizeHint().width() < 560


def test_settings_and_what_is_shown_agree_both_ways(options: ToolOptions, settings: ToolSettings) -> None:
    settings.choose_tool("smart_brush")
    settings.set_brush_radius(30.0)
    settings.set_sensitivity(0.8)
    assert options.findChild(NumberBox).value() == 60
    assert sensitivity_of(options).value() == 80

    options.findChild(NumberBox).setValue(24)
    sensitivity_of(options).setValue(25)
    options.findChild(QCheckBox).setChecked(False)
    assert (settings.brush_radius, settings.sensitivity, settings.keeps_apart) == (12.0, 0.25, False)
