"""The tool in hand: its name, how it is set, and how it is used, in a row above the picture."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QSlider, QWidget

from bcseg_gui.core.i18n import _
from bcseg_gui.session.tool_settings import ToolSettings

from ..widgets.elided import ElidedLabel
from .brush_size import BrushSize

HEIGHT = 34
"""Device-independent pixels, with any tool: another tool must not move the picture."""


@dataclass(frozen=True, slots=True)
class ToolWords:
    """What a tool is called, and a line on how it is used."""

    name: str
    hint: str
    sized: bool = False
    sensitive: bool = False
    apart: bool = False


def tool_words() -> dict[str, ToolWords]:
    """By the tools' names, in the language that is installed now."""
    return {
        "pan": ToolWords(_("Move"), _("Drag the picture; the wheel zooms.")),
        "select_rectangle": ToolWords(
            _("Select a rectangle"), _("Drag from corner to corner of what is to be segmented or reviewed.")
        ),
        "select_lasso": ToolWords(_("Select with the lasso"), _("Drag round what is to be segmented or reviewed.")),
        "brush": ToolWords(
            _("Brush"),
            _("Drag to paint. Alt or right button: erase. Space held: move the picture meanwhile."),
            sized=True,
        ),
        "eraser": ToolWords(_("Eraser"), _("Drag to take away. Shift: paint."), sized=True),
        "smart_brush": ToolWords(
            _("Smart brush"),
            _("Paints only inside the cell it begins in. Alt or right button: takes away."),
            sized=True,
            sensitive=True,
        ),
        "outline": ToolWords(
            _("Outline"),
            _("Drag round a cell, or click its corners and double-click. Alt: cut away. Shift: add to a cell beside."),
            apart=True,
        ),
        "wand": ToolWords(
            _("Wand"),
            _("Click into a cell to take it whole. Alt: take it away. Shift: add to a cell beside."),
            sensitive=True,
            apart=True,
        ),
        "fill": ToolWords(
            _("Fill"), _("Click a hole to close it, or a cell to give it the class in hand. Alt: take the cell away.")
        ),
        "split": ToolWords(
            _("Split"), _("Draw a line between touching cells, or click to take the cut it shows. Shift: join them.")
        ),
        "cells": ToolWords(
            _("Pick cells"),
            _("Click to pick, Shift for several. Drag: put a copy elsewhere. Del: delete. J: join."),
            apart=True,
        ),
    }


class ToolOptions(QWidget):
    """Shows and changes the settings of the tool in hand."""

    def __init__(self, settings: ToolSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._words = tool_words()
        self._name = QLabel()
        self._name.setObjectName("panelTitle")
        self._size = BrushSize()
        self._sensitivity = _Sensitivity()
        self._apart = QCheckBox(_("Keep cells apart"))
        self._apart.setToolTip(_("A new cell leaves a thin line to its neighbours, so that they are counted as two"))
        self._hint = ElidedLabel()
        self._hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._hint.setObjectName("caption")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(12)
        for widget in (self._name, self._size, self._sensitivity, self._apart):
            row.addWidget(widget)
        row.addWidget(self._hint, 1)
        self.setFixedHeight(HEIGHT)
        self._size.radiusChosen.connect(self._set_radius)
        self._sensitivity.slider.valueChanged.connect(self._set_sensitivity)
        self._apart.toggled.connect(self._set_apart)
        settings.toolChanged.connect(self._show_tool)
        settings.changed.connect(self._show_settings)
        self._show_tool(settings.tool)
        self._show_settings()

    def _show_tool(self, tool: str) -> None:
        words = self._words.get(tool, ToolWords("", ""))
        self._name.setText(words.name)
        self._hint.setText(words.hint)
        self._size.setVisible(words.sized)
        self._sensitivity.setVisible(words.sensitive)
        self._apart.setVisible(words.apart)

    def _show_settings(self) -> None:
        settings = self._settings
        with QSignalBlocker(self._sensitivity.slider), QSignalBlocker(self._apart):
            self._size.show_radius(settings.brush_radius)
            self._sensitivity.slider.setValue(round(100 * settings.sensitivity))
            self._apart.setChecked(settings.keeps_apart)

    def _set_radius(self, radius: float) -> None:
        self._settings.brush_radius = radius

    def _set_sensitivity(self, percent: int) -> None:
        self._settings.sensitivity = percent / 100

    def _set_apart(self, apart: bool) -> None:
        self._settings.keeps_apart = apart


class _Sensitivity(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setFixedWidth(90)
        self.slider.setAccessibleName(_("Sensitivity"))
        self.setToolTip(_("Left: only what is clearly cell. Right: faint rims as well."))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(QLabel(_("Sensitivity")))
        row.addWidget(self.slider)
