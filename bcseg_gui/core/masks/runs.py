"""A segmentation that can be interrupted and resumed."""

from __future__ import annotations

from dataclasses import dataclass

from ..geometry import Region


@dataclass(frozen=True, slots=True)
class Run:
    """An unfinished segmentation run."""

    settings: str
    """its settings, an opaque text; only a run with exactly the same may resume it"""
    finished: tuple[Region, ...]
    """blocks that are done"""
