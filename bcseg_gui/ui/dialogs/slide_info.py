"""What the file says about the slide and, on request only, the photographs of its label."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QLocale, QSize, Qt, QThreadPool
from PySide6.QtGui import QGuiApplication, QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from bcseg_gui.core.i18n import _, sentence
from bcseg_gui.core.slides import Slide
from bcseg_gui.session.background import Task

from ..panels.page import page_text
from ..panels.scale import scale_text

WIDTH, HEIGHT = 520, 600
"""Size of the dialog when there are associated pictures; otherwise it is as high as its text."""
PICTURE = QSize(440, 180)
"""Box that associated pictures are scaled to fit, in device-independent pixels."""


class SlideInfoDialog(QDialog):
    """Opens with the switch off; nothing private is read from the file until it is on."""

    def __init__(self, slide: Slide, parent: QWidget, *, given_mpp: float | None = None) -> None:
        """`given_mpp`: the scale the user entered for a file without one."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("About this slide"))
        self._slide = slide
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._facts = dict(facts(slide, given_mpp))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(20)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._private_names = [name for name in slide.associated_images if name in slide.private_images]
        self._harmless, self._private = _Pictures(slide, self._pool), _Pictures(slide, self._pool)
        self.switch = QCheckBox(_("Show label and overview photographs"))
        self.switch.toggled.connect(lambda on: self._private.show_pictures(self._private_names if on else ()))
        self._lay_out()
        self._harmless.show_pictures(name for name in slide.associated_images if name not in slide.private_images)
        path = slide.path
        self._task = Task(self._pool, lambda: file_size(path), self._show_size, lambda _error: self._show_size(0), self)

    def _lay_out(self) -> None:
        column = QWidget()
        inner = QVBoxLayout(column)
        inner.setContentsMargins(20, 18, 20, 12)
        inner.setSpacing(12)
        inner.addWidget(_text(self._slide.path.name, "headline"))
        if self._slide.warning is not None:
            inner.addWidget(_text(sentence(self._slide.warning), "warning"))
        for name, value in self._facts.items():
            self._add_fact(name, value)
        self._size = self._add_fact(_("File size"), "…")
        inner.addLayout(self._grid)
        inner.addSpacing(8)
        inner.addWidget(_text(_("Other pictures in the file"), "panelTitle"))
        if not self._slide.associated_images:
            inner.addWidget(_text(_("There are none."), "caption"))
        inner.addWidget(self._harmless)
        inner.addWidget(self._choice())
        inner.addWidget(self._private)
        inner.addStretch(1)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(column)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area, 1)
        buttons = self._buttons()
        layout.addLayout(buttons)
        alone = inner.totalHeightForWidth(WIDTH) + layout.spacing() + buttons.sizeHint().height()
        self.resize(WIDTH, HEIGHT if self._slide.associated_images else min(HEIGHT, alone))

    def _choice(self) -> QWidget:
        """The switch and its warning, hidden when the file holds nothing private."""
        warning = _text(_("They may show the patient's name. They are never exported."), "warning")
        warning.setContentsMargins(24, 0, 0, 0)
        choice = QWidget()
        column = QVBoxLayout(choice)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.switch)
        column.addWidget(warning)
        choice.setVisible(bool(self._private_names))
        return choice

    def _buttons(self) -> QHBoxLayout:
        self.copy = QPushButton(_("Copy"))
        self.copy.setToolTip(_("Copy these facts as text, without the name of the file"))
        self.copy.setAutoDefault(False)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text))
        close = QPushButton(_("Close"))
        close.setDefault(True)
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(20, 0, 20, 18)
        buttons.addWidget(self.copy)
        buttons.addStretch(1)
        buttons.addWidget(close)
        return buttons

    @property
    def text(self) -> str:
        """The facts, one a line, without the file name: many laboratories put the patient's number into it."""
        return "\n".join(f"{name}: {value.replace(chr(10), ', ')}" for name, value in self._facts.items())

    def _add_fact(self, name: str, value: str) -> QLabel:
        row = self._grid.rowCount()
        label, text = _text(name, "caption"), _text(value)
        label.setWordWrap(False)
        self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(text, row, 1)
        return text

    def _show_size(self, size: int) -> None:
        text = QLocale().formattedDataSize(size, 1, QLocale.DataSizeFormat.DataSizeSIFormat) if size else "–"
        self._size.setText(text)
        self._facts[_("File size")] = text

    def done(self, result: int) -> None:
        """Stop reading, whichever way the dialog is closed."""
        self._task.forget()
        for pictures in (self._harmless, self._private):
            pictures.stop()
        self._pool.waitForDone()
        super().done(result)


class _Pictures(QWidget):
    """A column of associated pictures, read off the main thread; one that cannot be read says why."""

    def __init__(self, slide: Slide, pool: QThreadPool) -> None:
        super().__init__()
        self._slide, self._pool = slide, pool
        self._tasks: list[Task[QImage]] = []
        self._places: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(14)
        self.hide()

    def show_pictures(self, names: Iterable[str]) -> None:
        """Replace the pictures shown and free their memory."""
        self.stop()
        for place in self._places:
            place.deleteLater()
        self._places = [self._place(name) for name in names]
        self.setVisible(bool(self._places))

    def stop(self) -> None:
        for task in self._tasks:
            task.forget()
        self._tasks.clear()

    def _place(self, name: str) -> QWidget:
        slide, ratio = self._slide, self.devicePixelRatio()
        picture, words = QLabel(), _text(_("Being read…"), "caption")
        picture.setAccessibleName(picture_words(name))

        def show(image: QImage) -> None:
            pixmap = QPixmap.fromImage(image)
            pixmap.setDevicePixelRatio(ratio)
            picture.setPixmap(pixmap)
            words.setText(picture_words(name))

        def explain(error: Exception) -> None:
            words.setText(f"{picture_words(name)}: {sentence(error)}")

        place = QWidget()
        column = QVBoxLayout(place)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(picture)
        column.addWidget(words)
        self._column.addWidget(place)
        self._tasks.append(Task(self._pool, lambda: read_picture(slide, name, PICTURE * ratio), show, explain, self))
        return place


def facts(slide: Slide, given_mpp: float | None = None) -> list[tuple[str, str]]:
    """Return (name, value) pairs in plain words, and nothing that may identify a patient."""
    width, height = slide.dimensions
    mpp = slide.mpp or given_mpp
    size = _("{width} × {height} px").format(width=_count(width), height=_count(height))
    if mpp:
        size += " · " + _("{width} × {height} mm").format(width=_mm(width * mpp), height=_mm(height * mpp))
    scale = scale_text(mpp) if mpp else _("not in the file")
    rows = [
        (_("Size"), size),
        (_("Scale"), scale if slide.mpp or not mpp else _("{scale}, set by you").format(scale=scale)),
    ]
    if slide.objective_power is not None:
        rows.append((_("Objective"), scale_text(None, slide.objective_power)))
    if len(slide.page_names) > 1:
        rows.append((_("Page"), page_text(slide.page_names, slide.page)))
    if slide.level_count > 1:
        levels = zip(slide.level_downsamples, slide.level_dimensions, strict=True)
        lines = (f"1 : {_figure(downsample)}   {_count(w)} × {_count(h)} px" for downsample, (w, h) in levels)
        rows.append((_("Levels"), "\n".join(lines)))
    known = {_("Levels"), *(name for name, _value in rows)}
    return rows + [(name, value) for name, value in slide.details.items() if name not in known]


def picture_words(name: str) -> str:
    match name:
        case "thumbnail":
            return _("Thumbnail")
        case "label":
            return _("Label")
        case "macro":
            return _("Overview photograph")
        case _:
            return name


def read_picture(slide: Slide, name: str, size: QSize) -> QImage:
    """Return an associated picture, shrunk to fit `size`. Safe in any thread. Raise UserError if unreadable."""
    pixels = slide.associated_images[name]
    height, width = pixels.shape[:2]
    ratio = min(1.0, size.width() / width, size.height() / height)
    small = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    if ratio < 1:
        pixels = np.asarray(cv2.resize(pixels, small, interpolation=cv2.INTER_AREA), np.uint8)
    return QImage(pixels.tobytes(), *small, 3 * small[0], QImage.Format.Format_RGB888).copy()


def file_size(path: Path) -> int:
    """Return the size in bytes, for MIRAX with the folder that holds the pixels. Raise OSError."""
    beside = path.with_suffix("")
    more = beside.iterdir() if path.suffix.lower() == ".mrxs" and beside.is_dir() else ()
    return path.stat().st_size + sum(file.stat().st_size for file in more)


def _count(n: int) -> str:
    return QLocale().toString(n)


def _figure(value: float) -> str:
    return QLocale().toString(value, "g", 3)


def _mm(micrometres: float) -> str:
    return _figure(micrometres / 1000)


def _text(text: str, name: str = "") -> QLabel:
    """Return a label whose text can be selected and copied."""
    label = QLabel(text)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
