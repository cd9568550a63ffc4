"""What the operations of a window work with."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from bcseg_gui.session.session import Session

from ..messages import MessageBar
from ..slide_view import SlideView
from .failures import Failures


@dataclass(frozen=True, slots=True)
class Context:
    session: Session
    view: SlideView
    messages: MessageBar
    window: QWidget
    """Parent of the dialogs that operations open"""
    failures: Failures
