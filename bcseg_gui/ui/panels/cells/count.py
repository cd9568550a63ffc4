"""The cell count of the open picture."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from bcseg_gui.core.i18n import _, ngettext
from bcseg_gui.session.cells import CellCounts

from ...widgets.titles import grouped, panel_title


class CellsPanel(QWidget):
    """The number of cells in all classes, and the progress of an interrupted segmentation."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = QLabel()
        self._number.setObjectName("cellCount")
        self._caption = _caption()
        self._unfinished = _caption()
        self._unfinished.setContentsMargins(0, 6, 0, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(panel_title(_("Cells")))
        layout.addWidget(self._number)
        layout.addWidget(self._caption)
        layout.addWidget(self._unfinished)
        self.show_counts(CellCounts())
        self.show_unfinished(None)

    @property
    def text(self) -> str:
        return self._number.text()

    @property
    def caption(self) -> str:
        return self._caption.text()

    @property
    def unfinished(self) -> str:
        """The sentence about an interrupted segmentation; empty without one."""
        return self._unfinished.text()

    def show_counts(self, counts: CellCounts) -> None:
        number = "–"
        if counts.too_much_in_view:
            caption = _("Zoom in to count the cells in view")
        elif counts.by_class is None:
            caption = _("not segmented yet")
        else:
            total = sum(counts.by_class.values())
            number, words = grouped(total), ngettext("cell", "cells", total)
            caption = _("{cells} in view").format(cells=words) if counts.in_view else words
        self._number.setText(number)
        self._caption.setText(caption)
        self._number.setAccessibleName(f"{number} {caption}")

    def show_unfinished(self, percent: int | None) -> None:
        """Show how far an interrupted segmentation came; None: there is none."""
        text = "" if percent is None else _("Segmented to {percent} % · Segment goes on").format(percent=percent)
        self._unfinished.setText(text)
        self._unfinished.setVisible(percent is not None)


def _caption() -> QLabel:
    label = QLabel()
    label.setObjectName("caption")
    label.setWordWrap(True)
    return label
