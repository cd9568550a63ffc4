"""A cache of tiles, in the slide's own colours and as shown."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from bcseg_gui.core.geometry import TileKey
from bcseg_gui.core.slides.look import Look

CACHE_BYTES = 96 * 2**20


class TileCache:
    """RGB32 images of tiles. `shown` applies look and rotation."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self._limit = limit
        self._own: OrderedDict[TileKey, QImage] = OrderedDict()
        self._dressed: OrderedDict[TileKey, QImage] = OrderedDict()
        self._bytes = 0
        self._look = Look()
        self._quarter_turns = 0

    @property
    def bytes(self) -> int:
        """Size of all images, with and without look."""
        return self._bytes

    def __contains__(self, key: TileKey) -> bool:
        return key in self._own

    def dress(self, look: Look, quarter_turns: int) -> None:
        """Set what `shown` applies; `quarter_turns`: 0 to 3, clockwise."""
        self._look, self._quarter_turns = look, quarter_turns
        self._bytes -= sum(image.sizeInBytes() for image in self._dressed.values())
        self._dressed.clear()

    def own(self, key: TileKey) -> QImage | None:
        """Return a tile in the slide's own colours, unrotated, smaller at the slide's edge; None if not cached."""
        image = self._own.get(key)
        if image is not None:
            self._own.move_to_end(key)
        return image

    def shown(self, key: TileKey) -> QImage | None:
        """Return a tile with look and rotation; None if not cached."""
        own = self.own(key)
        if own is None or (self._look.is_neutral and self._quarter_turns == 0):
            return own
        dressed = self._dressed.get(key)
        if dressed is None:
            dressed = _dressed(own, self._look, self._quarter_turns)
            self._dressed[key] = dressed
            self._bytes += dressed.sizeInBytes()
        self._dressed.move_to_end(key)
        return dressed

    def add(self, key: TileKey, image: QImage, wanted: Container[TileKey]) -> None:
        """Add a tile, evicting those unused longest, but none `wanted`: it would be read again."""
        self._bytes += image.sizeInBytes()
        self._own[key] = image
        for kept in (self._dressed, self._own):
            for old in list(kept):
                if self._bytes <= self._limit:
                    return
                if old not in wanted:
                    self._bytes -= kept.pop(old).sizeInBytes()
                    if kept is self._own and old in self._dressed:
                        self._bytes -= self._dressed.pop(old).sizeInBytes()


def rgb_image(rgb: NDArray[np.uint8]) -> QImage:
    """Return RGB uint8 (h, w, 3) as an image in the screen's format, which is drawn without conversion."""
    height, width = rgb.shape[:2]
    image = QImage(width, height, QImage.Format.Format_RGB32)
    cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA, dst=_pixels(image))
    return image


def _dressed(own: QImage, look: Look, quarter_turns: int) -> QImage:
    pixels = _pixels(own)
    if not look.is_neutral:
        table = np.empty((1, 256, 4), np.uint8)
        table[0, :, :3] = look.table()[:, ::-1]
        table[0, :, 3] = 255
        pixels = np.asarray(cv2.LUT(pixels, table), np.uint8)
    if quarter_turns:
        pixels = np.asarray(cv2.rotate(pixels, _TURN[quarter_turns]), np.uint8)
    image = QImage(pixels.shape[1], pixels.shape[0], QImage.Format.Format_RGB32)
    _pixels(image)[:] = pixels
    return image


_TURN = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}


def _pixels(image: QImage) -> NDArray[np.uint8]:
    """Return BGRA uint8 (h, w, 4) that shares the image's memory."""
    return np.frombuffer(image.bits(), np.uint8).reshape(image.height(), image.width(), 4)
