"""Thumbnails of slides for a list, read one at a time off the main thread; the last few hundred are kept."""

from __future__ import annotations

import logging
from collections import OrderedDict
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.thumbnails import ThumbnailCache

ICON = QSize(56, 42)

KEPT = 500
"""Icons; 19 MB at a screen scale of 200 %."""

_GRACE = 0.2
"""Seconds to wait for a file when the window closes; its drive may hang."""

Key = tuple[Path, int]
"""Path and page of a slide."""

log = logging.getLogger(__name__)


class _Delivery(QObject):
    """Hands over what the thread read. The thread holds a reference, so that it outlives the list."""

    read = Signal(object, object)
    """Key, and uint8 (h, w, 3) or None"""


class Thumbnails(QObject):
    loaded = Signal(object)
    """Key of the icon that was loaded"""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._icons: OrderedDict[Key, QIcon] = OrderedDict()
        self._blank = _blank()
        self._wanted: SimpleQueue[Key | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._ratio = 1.0
        self.is_busy = False
        self._delivery = _Delivery()
        self._delivery.read.connect(self._receive, Qt.ConnectionType.QueuedConnection)

    def icon(self, key: Key) -> QIcon:
        """Return the icon; a blank one until it is loaded."""
        icon = self._icons.get(key)
        if icon is None:
            return self._blank
        self._icons.move_to_end(key)
        return icon

    def __contains__(self, key: Key) -> bool:
        return key in self._icons

    def load(self, key: Key, ratio: float) -> None:
        """Call only while not `is_busy`; `ratio`: screen pixels per device-independent pixel."""
        # Not in a thread pool, which is waited for at exit: a drive that is gone can take minutes. And at
        # normal priority: a thread that rarely runs would hold Python's lock while the main thread waits for it.
        if self._thread is None:
            self._thread = Thread(target=_work, args=(self._wanted, self._delivery), name="thumbnails", daemon=True)
            self._thread.start()
        self.is_busy, self._ratio = True, ratio
        self._wanted.put(key)

    def stop(self) -> None:
        if self._thread is not None:
            self._wanted.put(None)
            self._thread.join(_GRACE)
            self._thread = None

    def _receive(self, key: Key, pixels: NDArray[np.uint8] | None) -> None:
        self.is_busy = False
        self._icons[key] = self._blank if pixels is None else _icon(pixels, self._ratio)
        while len(self._icons) > KEPT:
            self._icons.popitem(last=False)
        self.loaded.emit(key)


def _work(wanted: SimpleQueue[Key | None], delivery: _Delivery) -> None:
    cache = ThumbnailCache()
    while (key := wanted.get()) is not None:
        pixels: NDArray[np.uint8] | None = None
        try:
            pixels = cache.get(*key)
        except UserError:
            pass  # opening the picture says what is wrong; here it merely has no thumbnail
        except Exception:
            log.exception("No thumbnail")
        delivery.read.emit(key, pixels)


def _icon(pixels: NDArray[np.uint8], ratio: float) -> QIcon:
    """Return the picture centred on a transparent square, so that names line up."""
    height, width = pixels.shape[:2]
    image = QImage(np.ascontiguousarray(pixels).data, width, height, 3 * width, QImage.Format.Format_RGB888)
    image = image.scaled(ICON * ratio, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    pixmap = QPixmap(ICON * ratio)
    pixmap.fill(QColor(0, 0, 0, 0))
    painter = QPainter(pixmap)
    painter.drawImage((pixmap.width() - image.width()) // 2, (pixmap.height() - image.height()) // 2, image)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    icon = QIcon(pixmap)
    # A selected row would tint its thumbnail otherwise.
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon


def _blank() -> QIcon:
    pixmap = QPixmap(ICON)
    pixmap.fill(QColor(128, 128, 128, 40))
    return QIcon(pixmap)
