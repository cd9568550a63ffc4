"""Returning freed memory to the system."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

_M_MMAP_THRESHOLD = -3
_THRESHOLD = 256 * 2**10
"""Bytes: less than a tile of slide or mask, more than short-lived objects."""


def return_freed_tiles() -> None:
    """Call once at the start: memory of the size of a tile then returns to the system when freed.

    By default glibc keeps such blocks for reuse after the first is freed, and small blocks between them stop it from
    ever returning them: the process grows by half over a minute of panning. Does nothing with other C libraries.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _THRESHOLD)
