"""The mask of a slide: tiles on disk, edits that can be undone, and the arithmetic of the tools."""

from __future__ import annotations

from .edit import MaskEdit
from .history import EditRecord, EditState
from .mask import Mask
from .pyramid import CLASS_BITS, MANUAL
from .runs import Run

__all__ = ["CLASS_BITS", "MANUAL", "EditRecord", "EditState", "Mask", "MaskEdit", "Run"]
