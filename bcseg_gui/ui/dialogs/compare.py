"""Two models side by side on the visible part of the slide, and where they differ."""

from __future__ import annotations

import numpy as np
import qimage2ndarray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QLabel, QSizePolicy, QWidget

from bcseg_gui.core.cells.labelling import find_cells
from bcseg_gui.core.drawing import LEFT, RIGHT, Pixels, disagreement, outlined
from bcseg_gui.core.i18n import _, ngettext, percent, sentence
from bcseg_gui.session.comparing import Comparing
from bcseg_gui.session.session import Session

from ..panels.status import model_titles


class CompareDialog(QDialog):
    """Left and right: the cells each model finds. Below: the pixels that only one of them calls cell."""

    def __init__(self, comparing: Comparing, session: Session, left: str, right: str, parent: QWidget) -> None:
        """`left` and `right` name models."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Compare models"))
        self.resize(1000, 760)
        self._comparing, self._session = comparing, session
        comparing.setParent(self)
        self._choices = [QComboBox(), QComboBox()]
        self._pictures = [_FittedPicture(), _FittedPicture()]
        self._counts = [QLabel(), QLabel()]
        self._difference = _FittedPicture()
        self._words = QLabel()
        self._words.setWordWrap(True)
        titles = model_titles(session.models.versions)
        for choice, chosen, words in zip(
            self._choices, (left, right), (_("Model on the left"), _("Model on the right")), strict=True
        ):
            choice.setAccessibleName(words)
            for name, title in titles.items():
                choice.addItem(title, name)
            choice.setCurrentIndex(choice.findData(chosen))
            choice.currentIndexChanged.connect(lambda _row: self._look())
        self._lay_out()
        comparing.changed.connect(self._show)
        comparing.failed.connect(lambda error: self._words.setText(sentence(error)))
        self._look()

    def _lay_out(self) -> None:
        layout = QGridLayout(self)
        layout.setContentsMargins(20, 18, 20, 18)
        layout.setSpacing(8)
        for column in range(2):
            layout.addWidget(self._choices[column], 0, column)
            layout.addWidget(self._pictures[column], 1, column)
            layout.addWidget(self._counts[column], 2, column)
            layout.setColumnStretch(column, 1)
        layout.addWidget(self._difference, 3, 0, 1, 2)
        layout.addWidget(self._words, 4, 0, 1, 2)
        layout.setRowStretch(1, 1)
        layout.setRowStretch(3, 1)

    @property
    def words(self) -> str:
        return self._words.text()

    def _names(self) -> list[str]:
        return [choice.currentData() for choice in self._choices]

    def _look(self) -> None:
        for name in self._names():
            self._comparing.segment(self._session.models.get(name))
        self._show()

    def _show(self) -> None:
        picture, found = self._comparing.picture, [self._comparing.found(name) for name in self._names()]
        for view, count, classes in zip(self._pictures, self._counts, found, strict=True):
            view.show_pixels(picture if classes is None else outlined(picture, classes))
            count.setText(_("Looking…") if classes is None else self._count(classes))
        left, right = found
        if left is None or right is None:
            self._difference.show_pixels(picture)
            self._words.setText("")
            return
        self._difference.show_pixels(disagreement(picture, left, right))
        self._words.setText(_legend(left, right))

    def _count(self, classes: Pixels) -> str:
        n = len(find_cells(classes, self._comparing.smallest_cell))
        return ngettext("{n} cell", "{n} cells", n).format(n=n)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._comparing.stop()
        super().closeEvent(event)


def _legend(left: Pixels, right: Pixels) -> str:
    share = float(np.mean((left > 0) != (right > 0)))
    keys = "".join(
        f'<span style="color: rgb{colour}">■</span> {words} &nbsp; '
        for colour, words in ((LEFT, _("only on the left")), (RIGHT, _("only on the right")))
    )
    return keys + _("They differ on {share} of the area.").format(share=percent(share))


class _FittedPicture(QWidget):
    """Scales to the space it has and keeps its proportions."""

    def __init__(self) -> None:
        super().__init__()
        self._pixmap = QPixmap()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 150)

    def show_pixels(self, pixels: Pixels) -> None:
        """`pixels`: uint8 (h, w, 3) RGB."""
        self._pixmap = QPixmap.fromImage(qimage2ndarray.array2qimage(pixels))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, 300)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._pixmap.isNull():
            return
        ratio = self.devicePixelRatioF()
        scaled = self._pixmap.scaled(
            self.size() * ratio, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        scaled.setDevicePixelRatio(ratio)
        size = scaled.deviceIndependentSize()
        painter = QPainter(self)
        painter.drawPixmap(round((self.width() - size.width()) / 2), round((self.height() - size.height()) / 2), scaled)
        painter.end()
