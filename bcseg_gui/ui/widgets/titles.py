"""How panels write titles and numbers."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel


def panel_title(text: str) -> QLabel:
    """The title over a panel on the right side."""
    label = QLabel(text)
    label.setObjectName("panelTitle")
    return label


def grouped(number: int) -> str:
    """A number in groups of three digits, separated by thin spaces."""
    return f"{number:,}".replace(",", "\u202f")
