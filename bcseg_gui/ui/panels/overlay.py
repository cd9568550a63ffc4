"""How the mask is drawn over the picture."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from bcseg_gui.core.i18n import _

from ..slide_view.mask_item import MANUAL_FROM
from ..widgets.percent import PercentLabel
from ..widgets.titles import panel_title

OPACITY_STEP = 5
"""Percent per notch of the wheel."""


class OverlayPanel(QWidget):
    """Opacity, and boxes that mirror the actions to show the mask, its outlines alone, and manual changes."""

    changed = Signal()

    def __init__(
        self,
        show_mask: QAction,
        contour: QAction,
        show_manual: QAction | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._show, self._contour, self._show_manual = show_mask, contour, show_manual
        self._zoom = 1.0
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._opacity.setRange(5, 100)
        self._opacity.setValue(30)
        self._opacity.setAccessibleName(_("Opacity of the cells found"))
        self._percent = PercentLabel()
        self._opacity.valueChanged.connect(self._opacity_changed)
        row = QHBoxLayout()
        row.addWidget(self._opacity, 1)
        row.addWidget(self._percent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(panel_title(_("Display")))
        for action in filter(None, (show_mask, contour, show_manual)):
            layout.addWidget(_box(action))
            action.toggled.connect(self.changed)
        self._hint = QLabel(_("Zoom in to see what you changed"))
        self._hint.setObjectName("caption")
        self._hint.setWordWrap(True)
        layout.addWidget(self._hint)
        self.changed.connect(self._refresh_hint)
        layout.addSpacing(4)
        layout.addWidget(QLabel(_("Opacity")))
        layout.addLayout(row)
        self._opacity_changed(self._opacity.value())

    @property
    def opacity(self) -> float:
        return self._opacity.value() / 100

    @property
    def visible(self) -> bool:
        return self._show.isChecked()

    @property
    def contour(self) -> bool:
        return self._contour.isChecked()

    @property
    def show_manual(self) -> bool:
        return self._show_manual is not None and self._show_manual.isChecked()

    def step_opacity(self, steps: float) -> None:
        self._opacity.setValue(self._opacity.value() + round(OPACITY_STEP * steps))

    def zoomed(self, zoom: float) -> None:
        """`zoom`: screen pixels per level-0 pixel; manual changes cannot be shown too far out."""
        self._zoom = zoom
        self._refresh_hint()

    def _refresh_hint(self) -> None:
        self._hint.setVisible(self.show_manual and self.visible and self._zoom < MANUAL_FROM)

    def _opacity_changed(self, value: int) -> None:
        self._percent.show_percent(value)
        self.changed.emit()


def _box(action: QAction) -> QCheckBox:
    """Return a check box kept in step with a checkable action."""
    box = QCheckBox(action.text())
    box.setToolTip(action.toolTip())
    box.setChecked(action.isChecked())
    box.setEnabled(action.isEnabled())
    action.toggled.connect(box.setChecked)
    action.enabledChanged.connect(box.setEnabled)
    box.toggled.connect(action.setChecked)
    return box
