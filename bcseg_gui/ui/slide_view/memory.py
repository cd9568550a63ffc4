"""Give freed memory back to the system."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

_M_MMAP_THRESHOLD = -3
_THRESHOLD = 256 * 2**10
"""Bytes: below a tile of the slide or of its mask, above all that is short-lived."""


def return_freed_tiles() -> None:
    """Call once, at the start: from then on memory of the size of a tile goes back when it is freed.

    By default glibc learns from the first such block freed to keep them all for reuse; what lies between them keeps
    it from ever giving them back, and the process grows by half over a minute of panning. Elsewhere it does nothing.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _THRESHOLD)
