"""The pictures to work through: thumbnail, name and how far each one is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QThreadPool, QTimer, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from ...core.i18n import _
from ...session.background import Task
from ...session.worklist import WorklistItem

THUMBNAIL = QSize(56, 42)


def status_words(status: str) -> tuple[str, str]:
    """(mark, words) of a status."""
    match status:
        case "reviewed":
            return "●", _("reviewed")
        case "doing":
            return "◐", _("in progress")
        case "problem":
            return "▲", _("cannot be opened")
        case _:
            return "○", _("to do")


class WorklistPanel(QWidget):
    """Choosing a picture emits `chosen(index)`; `show_items` never does."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel(_("Pictures"))
        self._title.setObjectName("panelTitle")
        self._list = QListWidget()
        self._list.setAccessibleName(_("Pictures to work through"))
        # A click leaves the keyboard to the picture; who came with Tab goes on with the arrows.
        self._list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._list.setIconSize(THUMBNAIL)
        self._list.setUniformItemSizes(True)
        self._list.setSpacing(1)
        self._list.setFrameShape(QListWidget.Shape.NoFrame)
        self._list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        # Queued, because the click marks its row only after this signal: a picture that does not open gets the mark
        # back to the one that stays in front.
        self._list.currentRowChanged.connect(self._row_changed, Qt.ConnectionType.QueuedConnection)
        self._list.verticalScrollBar().valueChanged.connect(self._load_soon)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 10, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._title)
        layout.addWidget(self._list, 1)
        self._title.setContentsMargins(12, 0, 12, 0)
        self._items: tuple[WorklistItem, ...] = ()
        self._thumbnails: dict[Path, QIcon] = {}
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._task: Task[QImage] | None = None
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._load_next)

    def show_items(self, items: Sequence[WorklistItem], current: int) -> None:
        self._items = tuple(items)
        self._list.blockSignals(True)
        while self._list.count() > len(items):
            self._list.takeItem(self._list.count() - 1)
        while self._list.count() < len(items):
            self._list.addItem(QListWidgetItem())
        for row, item in enumerate(items):
            self._fill(self._list.item(row), item)
        self._list.setCurrentRow(current)
        self._list.blockSignals(False)
        reviewed = sum(item.status == "reviewed" for item in items)
        self._title.setText(
            _("{done} of {total} reviewed").format(done=reviewed, total=len(items)) if items else _("Pictures")
        )
        self._load_soon()

    def has_keyboard(self) -> bool:
        return self._list.hasFocus()

    def _fill(self, row: QListWidgetItem, item: WorklistItem) -> None:
        mark, words = status_words(item.status)
        row.setText(f"{item.path.stem}\n{mark}  {words}")
        row.setToolTip(item.problem or str(item.path))
        row.setData(Qt.ItemDataRole.AccessibleTextRole, f"{item.path.stem}, {words}")
        row.setIcon(self._thumbnails.get(item.path) or _blank())

    def _row_changed(self, row: int) -> None:
        if row >= 0:
            self.chosen.emit(row)

    def _load_soon(self) -> None:
        if self._task is None:
            self._soon.start()

    def _load_next(self) -> None:
        """One thumbnail at a time, and only of rows that can be seen."""
        if self._task is not None:
            return
        area = self._list.viewport().rect()
        for row, item in enumerate(self._items):
            if item.path in self._thumbnails or item.status == "problem":
                continue
            if not self._list.visualItemRect(self._list.item(row)).intersects(area):
                continue
            self._load(item.path)
            return

    def _load(self, path: Path) -> None:
        ratio = self.devicePixelRatio()
        self._task = Task(
            self._pool,
            lambda: load_thumbnail(path, THUMBNAIL * ratio),
            lambda image: self._loaded(path, _on_tile(image, ratio)),
            # The picture says itself what is wrong when it is opened; here it merely has no thumbnail.
            lambda _error: self._loaded(path, _blank()),
            self,
        )

    def _loaded(self, path: Path, icon: QIcon) -> None:
        self._task = None
        self._thumbnails[path] = icon
        for row, item in enumerate(self._items):
            if item.path == path:
                self._list.item(row).setIcon(icon)
        self._load_soon()

    def close_quietly(self) -> None:
        """Wait for the thumbnail under way, so that nothing outlives the window."""
        self._soon.stop()
        if self._task is not None:
            self._task.forget()
        self._pool.waitForDone()


def load_thumbnail(path: Path, size: QSize) -> QImage:
    """The whole slide within `size`. May be called in any thread. Raises UserError."""
    from ...core.geometry import Region
    from ...core.slides import open_slide, read_scaled

    with open_slide(path) as slide:
        width, height = slide.dimensions
        ratio = min(size.width() / width, size.height() / height)
        small = (max(1, round(width * ratio)), max(1, round(height * ratio)))
        pixels = read_scaled(slide, Region(0, 0, width, height), small)
    return QImage(pixels.tobytes(), *small, 3 * small[0], QImage.Format.Format_RGB888).copy()


def _on_tile(image: QImage, ratio: float) -> QIcon:
    """Centred on a clear tile of one size, so that names line up."""
    from PySide6.QtGui import QPainter

    pixmap = QPixmap(THUMBNAIL * ratio)
    pixmap.fill(QColor(0, 0, 0, 0))
    painter = QPainter(pixmap)
    painter.drawImage((pixmap.width() - image.width()) // 2, (pixmap.height() - image.height()) // 2, image)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    icon = QIcon(pixmap)
    # Without this a chosen row would tint its picture.
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon


def _blank() -> QIcon:
    pixmap = QPixmap(THUMBNAIL)
    pixmap.fill(QColor(128, 128, 128, 40))
    return QIcon(pixmap)
