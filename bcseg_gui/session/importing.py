"""A mask that somebody else drew, or another program found, as one edit of the picture in front."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.formats.mask_reading import read_mask_picture
from bcseg_gui.core.geometry import tiles_covering
from bcseg_gui.core.masks import CLASS_BITS, MANUAL
from bcseg_gui.core.tools.change import Change

from .document import Document


def import_mask(document: Document, path: Path, class_ids: Collection[int] | None = None) -> bool:
    """Replace the picture's mask by that in a file, in one edit. Return False when nothing changed.

    Its cells get the manual bit, and so does background where there was a cell: a new prediction leaves both alone.
    Where neither mask has a cell, one may still be found.

    Raises UserError when the file is no mask of this picture, or holds a class that is not among `class_ids`, the
    project's (None: any will do).
    """
    classes = read_mask_picture(path, document.slide.dimensions)
    document.needed_mask()
    held = {class_id for row in classes for class_id in np.flatnonzero(np.bincount(row)).tolist()}
    unknown = sorted(held - {0, *(held if class_ids is None else class_ids)})
    if unknown:
        raise UserError(
            "“{path}” holds cells of class {number}, which this project does not have. Add a class first, or import "
            "a mask in black and white.",
            path=path,
            number=unknown[0],
        )
    changes = list(_changes(document, classes))
    document.apply("import", changes)
    return bool(changes)


def _changes(document: Document, classes: NDArray[np.uint8]) -> Iterator[Change]:
    """What differs, tile by tile."""
    whole = document.whole
    for key in tiles_covering(whole):
        region = key.level_region().intersected(whole)
        wanted = classes[region.slices_in(whole)]
        there = document.read_mask(region)
        becomes = np.where(wanted > 0, wanted | np.uint8(MANUAL), np.uint8(0))
        differs = np.where(wanted > 0, there != becomes, there & np.uint8(CLASS_BITS) != 0)
        for class_id in np.unique(wanted[differs]).tolist():
            yield Change(region, differs & (wanted == class_id), class_id)
