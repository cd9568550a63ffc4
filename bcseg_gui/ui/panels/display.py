"""The panels of the right side, by the name they had when they were one file."""

from __future__ import annotations

from .cells import CellsPanel
from .overlay import OverlayPanel

__all__ = ["CellsPanel", "OverlayPanel"]
