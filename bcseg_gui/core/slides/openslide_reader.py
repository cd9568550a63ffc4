"""Whole-slide files through OpenSlide: SVS, NDPI, MRXS, SCN, BIF, DICOM, tiled TIFF…"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import openslide
from numpy.typing import NDArray

from ..errors import UserError
from ..i18n import _
from .pixels import over_white
from .slide import Slide, plausible_mpp, plausible_power, replaced, unreadable

_SCANNERS = (
    "hamamatsu.Product",
    "leica.device-model",
    "philips.DICOM_MANUFACTURERS_MODEL_NAME",
    "dicom.ManufacturerModelName",
    "ventana.ScannerModel",
)
"""Properties that name the scanner's model."""


class OpenSlideSlide(Slide):
    """A slide that OpenSlide decodes tile by tile, on demand."""

    def __init__(self, path: Path) -> None:
        """Raises openslide.OpenSlideError when OpenSlide cannot open the file, OSError when it is missing."""
        handle = openslide.OpenSlide(path)
        self._size = path.stat().st_size
        properties = dict(handle.properties)
        super().__init__(
            path,
            tuple(handle.level_dimensions),
            tuple(handle.level_downsamples),
            properties=properties,
            mpp=plausible_mpp(
                _number(properties, openslide.PROPERTY_NAME_MPP_X), _number(properties, openslide.PROPERTY_NAME_MPP_Y)
            ),
            associated_images=_AssociatedImages(self, tuple(handle.associated_images)),
            objective_power=plausible_power(_number(properties, openslide.PROPERTY_NAME_OBJECTIVE_POWER)),
            details=_details(properties),
        )
        self._lock = threading.Lock()
        self._handle: openslide.OpenSlide | None = handle
        self._is_closed = False

    def _read(self, location: tuple[int, int], level: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        handle = self._open_handle()
        try:
            return over_white(np.asarray(handle.read_region(location, level, size)))
        except (openslide.OpenSlideError, OSError) as error:
            raise self._failed(handle, error) from error

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        """RGB of one associated image. Raises KeyError for a name the slide does not have."""
        handle = self._open_handle()
        try:
            return over_white(np.asarray(handle.associated_images[name]))
        except (openslide.OpenSlideError, OSError) as error:
            raise self._failed(handle, error) from error

    def close(self) -> None:
        # Only drop the reference: OpenSlide closes with the last one, which a read in another thread may still hold.
        # Closing its handle under that read would crash.
        with self._lock:
            self._handle = None
            self._is_closed = True

    def _open_handle(self) -> openslide.OpenSlide:
        with self._lock:
            if self._is_closed:
                raise self._closed()
            if self._handle is not None:
                return self._handle
        # Outside the lock: should the drive hang, `close` must not wait for it.
        try:
            handle = openslide.OpenSlide(self.path)
            size = self.path.stat().st_size
        except (openslide.OpenSlideError, OSError) as error:
            raise unreadable(self.path, error) from error
        if (tuple(handle.level_dimensions), size) != (self.level_dimensions, self._size):
            raise replaced(self.path)
        with self._lock:
            if self._is_closed:
                raise self._closed()
            self._handle = handle
        return handle

    def _failed(self, handle: openslide.OpenSlide, error: Exception) -> UserError:
        # After one error an OpenSlide handle refuses everything; a fresh one may work once the drive is back.
        with self._lock:
            if self._handle is handle:
                self._handle = None
        return unreadable(self.path, error)


class _AssociatedImages(Mapping[str, NDArray[np.uint8]]):
    """Names are known at once, pixels are read on demand."""

    def __init__(self, slide: OpenSlideSlide, names: tuple[str, ...]) -> None:
        self._slide = slide
        self._names = names

    def __getitem__(self, name: str) -> NDArray[np.uint8]:
        if name not in self._names:
            raise KeyError(name)
        return self._slide.read_associated(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _number(properties: Mapping[str, str], name: str) -> float | None:
    try:
        return float(properties[name])
    except (KeyError, ValueError):
        return None


def _details(properties: Mapping[str, str]) -> Mapping[str, str]:
    """A whitelist: the other properties may hold names, dates and numbers of a case."""
    details = {
        _("Format"): properties.get(openslide.PROPERTY_NAME_VENDOR, ""),
        _("Manufacturer"): properties.get("dicom.Manufacturer", ""),
        _("Scanner"): next((properties[name] for name in _SCANNERS if name in properties), ""),
        _("Levels"): properties.get("openslide.level-count", ""),
    }
    return {name: value for name, value in details.items() if value}
