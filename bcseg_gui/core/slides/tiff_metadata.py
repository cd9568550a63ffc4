"""Scale, objective and harmless facts from a TIFF's tags and from OME, ImageJ and Aperio descriptions."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from contextlib import suppress

import tifffile

from ..i18n import _
from .slide import plausible_mpp, plausible_power

_MICRONS = {"nm": 1e-3, "µm": 1.0, "μm": 1.0, "um": 1.0, "micron": 1.0, "microns": 1.0, "mm": 1e3, "cm": 1e4, "m": 1e6}
_TAG_UNITS = {2: 25_400.0, 3: 10_000.0}


def mpp(tiff: tifffile.TiffFile, series: tifffile.TiffPageSeries, index: int) -> float | None:
    """µm per pixel from OME, ImageJ or Aperio metadata, else from the resolution tags; None when none is credible."""
    with suppress(Exception):  # a picture without a scale is still a picture
        return (
            _ome_mpp(tiff, index)
            or _imagej_mpp(tiff, series.keyframe)
            or _aperio_mpp(tiff)
            or _resolution_mpp(series.keyframe, _TAG_UNITS.get(series.keyframe.tags.valueof(296)))
        )
    return None


def objective_power(tiff: tifffile.TiffFile, index: int) -> float | None:
    """Nominal magnification of the objective, None when the file does not say it."""
    with suppress(Exception):
        if tiff.is_svs:
            return plausible_power(_aperio_number(tiff, "AppMag"))
        image = _ome_image(tiff, index)
        if image is not None:
            settings = image.find("{*}ObjectiveSettings")
            wanted = settings.get("ID") if settings is not None else None
            objectives = ElementTree.fromstring(tiff.ome_metadata or "").findall(".//{*}Objective")
            for objective in objectives:
                if objective.get("ID") == wanted or (wanted is None and len(objectives) == 1):
                    return plausible_power(float(objective.get("NominalMagnification", "0")))
    return None


def details(tiff: tifffile.TiffFile, page: tifffile.TiffPage, levels: int) -> Mapping[str, str]:
    kind = "OME-TIFF" if tiff.is_ome else "SVS" if tiff.is_svs else "BigTIFF" if tiff.is_bigtiff else "TIFF"
    compression = getattr(page.compression, "name", str(page.compression))
    return {
        _("Format"): kind,
        _("Compression"): _("none") if page.compression == 1 else compression.replace("_", " "),
        _("Bits per sample"): str(page.bitspersample),
        _("Levels"): str(levels),
    }


def _ome_image(tiff: tifffile.TiffFile, index: int) -> ElementTree.Element | None:
    """The description of a series: images and series come in the same order."""
    if not tiff.ome_metadata:
        return None
    images = ElementTree.fromstring(tiff.ome_metadata).findall("{*}Image")
    return images[index] if index < len(images) else images[0] if images else None


def _ome_mpp(tiff: tifffile.TiffFile, index: int) -> float | None:
    image = _ome_image(tiff, index)
    pixels = image.find("{*}Pixels") if image is not None else None
    if pixels is None:
        return None
    sizes = []
    for axis in "XY":
        unit = _MICRONS.get(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
        size = pixels.get(f"PhysicalSize{axis}")
        sizes.append(float(size) * unit if size and unit else None)
    return plausible_mpp(sizes[0], sizes[1])


def _imagej_mpp(tiff: tifffile.TiffFile, page: tifffile.TiffPage) -> float | None:
    unit = _MICRONS.get(str((tiff.imagej_metadata or {}).get("unit", "")).replace("\\u00B5", "µ"))
    return _resolution_mpp(page, unit) if unit else None


def _aperio_mpp(tiff: tifffile.TiffFile) -> float | None:
    value = _aperio_number(tiff, "MPP") if tiff.is_svs else None
    return plausible_mpp(value, value)


def _aperio_number(tiff: tifffile.TiffFile, name: str) -> float | None:
    found = re.search(rf"\|\s*{name}\s*=\s*([\d.]+)", tiff.pages.first.description)
    return float(found[1]) if found else None


def _resolution_mpp(page: tifffile.TiffPage, unit_microns: float | None) -> float | None:
    if unit_microns is None:
        return None
    sizes = []
    for tag in (282, 283):  # XResolution, YResolution: pixels per unit, a fraction
        numerator, denominator = page.tags.valueof(tag) or (0, 1)
        sizes.append(unit_microns * denominator / numerator if numerator else None)
    return plausible_mpp(sizes[0], sizes[1])
