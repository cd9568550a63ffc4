"""The current tool's name, options and hint, in a row above the picture."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QSlider, QWidget

from bcseg_gui.core.i18n import _, translated
from bcseg_gui.session.tool_settings import ToolSettings

from ..tools.table import TOOLS
from ..widgets.elided import ElidedLabel
from .brush_size import BrushSize

HEIGHT = 34
"""Device-independent pixels, the same for every tool: choosing one must not move the picture."""


class ToolOptions(QWidget):
    """Shows and changes the settings of the current tool."""

    def __init__(self, settings: ToolSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
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
        self._size.radiusChosen.connect(settings.set_brush_radius)
        self._sensitivity.slider.valueChanged.connect(lambda percent: settings.set_sensitivity(percent / 100))
        self._apart.toggled.connect(settings.set_keeps_apart)
        settings.toolChanged.connect(self._show_tool)
        settings.changed.connect(self._show_settings)
        self._show_tool(settings.tool)
        self._show_settings()

    def _show_tool(self, tool: str) -> None:
        info = TOOLS[tool]
        self._name.setText(translated(info.text))
        self._hint.setText(translated(info.hint))
        self._size.setVisible("size" in info.options)
        self._sensitivity.setVisible("sensitivity" in info.options)
        self._apart.setVisible("apart" in info.options)

    def _show_settings(self) -> None:
        settings = self._settings
        with QSignalBlocker(self._sensitivity.slider), QSignalBlocker(self._apart):
            self._size.show_radius(settings.brush_radius)
            self._sensitivity.slider.setValue(round(100 * settings.sensitivity))
            self._apart.setChecked(settings.keeps_apart)


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
