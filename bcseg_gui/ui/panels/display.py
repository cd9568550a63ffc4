"""The right side: how many cells there are, and how they are drawn over the picture."""

from __future__ import annotations

from PySide6.QtCore import Qt, QThreadPool, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from ...core.cells.diameter import smallest_cell_area
from ...core.errors import UserError
from ...core.geometry import Region
from ...core.i18n import _, ngettext
from ...session.background import Task
from ...session.document import Document

COUNT_DELAY_MS = 250
LARGEST_COUNTED = 40_000_000
"""Pixels; on larger slides the cells in view are counted."""


class CellsPanel(QWidget):
    """The number of cells of the open picture, counted off the main thread when the mask has come to rest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = QLabel("–")
        self._number.setObjectName("cellCount")
        self._caption = QLabel()
        self._caption.setObjectName("caption")
        self._caption.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(_title(_("Cells")))
        layout.addWidget(self._number)
        layout.addWidget(self._caption)
        self._document: Document | None = None
        self._cell_diameter = 0.0
        self._view_region = Region(0, 0, 0, 0)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._task: Task[int] | None = None
        self._soon = QTimer(self, singleShot=True, interval=COUNT_DELAY_MS)
        self._soon.timeout.connect(self._count)
        self._say(None)

    @property
    def text(self) -> str:
        return self._number.text()

    def show_document(self, document: Document | None) -> None:
        self._document = document
        self._say(None)
        self.recount()

    def show_cell_diameter(self, diameter: float) -> None:
        """Level-0 pixels. What is much smaller than a cell is not counted."""
        if diameter != self._cell_diameter:
            self._cell_diameter = diameter
            self.recount()

    def recount(self) -> None:
        """Soon: many strokes and tiles in a row are counted once."""
        self._soon.start()

    def view_moved(self, region: Region) -> None:
        self._view_region = region
        if self._document is not None and self._document.whole.area > LARGEST_COUNTED:
            self.recount()

    def _count(self) -> None:
        if self._task is not None:
            self._task.forget()
            self._task = None
        document = self._document
        if document is None or document.mask is None:
            self._say(None)
            return
        region = document.whole
        if region.area > LARGEST_COUNTED:
            region = region.intersected(self._view_region)
        if region.is_empty or region.area > LARGEST_COUNTED:
            self._say(None, _("Zoom in to count the cells in view"))
            return
        in_view = region != document.whole
        min_area = smallest_cell_area(self._cell_diameter)
        try:
            classes = document.mask.read(region)
        except UserError:  # the picture's view says it
            self._say(None)
            return

        def count() -> int:
            from ...core.cells.components import find_cells

            return len(find_cells(classes, min_area))

        self._task = Task(self._pool, count, lambda n: self._counted(n, in_view), self._not_counted, self)

    def _counted(self, number: int, in_view: bool) -> None:
        self._task = None
        words = ngettext("cell", "cells", number)
        self._say(number, _("{cells} in view").format(cells=words) if in_view else words)

    def _not_counted(self, error: Exception) -> None:
        self._task = None
        self._say(None)
        raise error

    def _say(self, number: int | None, caption: str = "") -> None:
        self._number.setText("–" if number is None else f"{number:,}".replace(",", "\u202f"))
        self._caption.setText(caption or _("not segmented yet"))
        self._number.setAccessibleName(f"{self._number.text()} {self._caption.text()}")

    def close_quietly(self) -> None:
        self._soon.stop()
        if self._task is not None:
            self._task.forget()
        self._pool.waitForDone()


class OverlayPanel(QWidget):
    """Opacity, show or hide, outlines or filled; the two boxes follow the actions of the same name."""

    changed = Signal()

    def __init__(self, show_mask: QAction, contour: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._show, self._contour = show_mask, contour
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._opacity.setRange(5, 100)
        self._opacity.setValue(30)
        self._opacity.setAccessibleName(_("Opacity of the cells found"))
        self._percent = QLabel()
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._percent.setFixedWidth(self._percent.fontMetrics().horizontalAdvance("100 %") + 4)
        self._opacity.valueChanged.connect(self._opacity_changed)
        row = QHBoxLayout()
        row.addWidget(self._opacity, 1)
        row.addWidget(self._percent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(_title(_("Display")))
        layout.addWidget(_box(show_mask))
        layout.addWidget(_box(contour))
        layout.addSpacing(4)
        layout.addWidget(QLabel(_("Opacity")))
        layout.addLayout(row)
        for action in (show_mask, contour):
            action.toggled.connect(self.changed)
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

    def _opacity_changed(self, value: int) -> None:
        self._percent.setText(f"{value} %")
        self.changed.emit()


def _title(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("panelTitle")
    return label


def _box(action: QAction) -> QCheckBox:
    """A check box that is one with a checkable action."""
    box = QCheckBox(action.text())
    box.setToolTip(action.toolTip())
    box.setChecked(action.isChecked())
    box.setEnabled(action.isEnabled())
    action.toggled.connect(box.setChecked)
    action.enabledChanged.connect(box.setEnabled)
    box.toggled.connect(action.setChecked)
    return box
