"""Durations in a few characters."""

from __future__ import annotations

from bcseg_gui.core.i18n import _


def duration_words(seconds: float) -> str:
    """Return “40 s”, “12 min” or “2 h 05 min”, for example."""
    if seconds < 60:
        return _("{n} s").format(n=max(1, int(seconds)))
    hours, minutes = divmod(int(seconds) // 60, 60)
    if hours:
        return _("{h} h {min} min").format(h=hours, min=f"{minutes:02}")
    return _("{n} min").format(n=minutes)
