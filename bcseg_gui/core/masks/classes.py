"""The classes that the pixels of a mask may have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MaskClass:
    """A class of the mask: `id` 1–127, `color` as “#rrggbb”."""

    id: int
    name: str
    color: str


DEFAULT_CLASSES = (MaskClass(1, "cell", "#e69f00"),)
"""Orange of the Okabe-Ito palette: of its colours the one farthest from cells and background of grey-blue, purple and
pink stains alike (ΔE ≥ 30 at half opacity), also to colour-blind eyes, which lose its green (1) on pink."""
