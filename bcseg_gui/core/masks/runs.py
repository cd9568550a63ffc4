"""A segmentation that may be interrupted and taken up again."""

from __future__ import annotations

from dataclasses import dataclass

from ..geometry import Region


@dataclass(frozen=True, slots=True)
class Run:
    """A segmentation run that has not come to its end."""

    settings: str
    """what it was started with, an opaque text; only the very same may take it up"""
    finished: tuple[Region, ...]
    """blocks that need not be computed again"""
