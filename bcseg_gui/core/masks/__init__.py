"""The mask of a slide: tiles on disk, edits that can be undone, interrupted segmentations."""

from __future__ import annotations

from .classes import DEFAULT_CLASSES, MaskClass
from .edit import MaskEdit
from .history import EditRecord, EditState
from .mask import Mask, ReadMask
from .pyramid import CLASS_BITS, MANUAL
from .runs import Run

__all__ = [
    "CLASS_BITS",
    "DEFAULT_CLASSES",
    "MANUAL",
    "EditRecord",
    "EditState",
    "Mask",
    "MaskClass",
    "MaskEdit",
    "ReadMask",
    "Run",
]
