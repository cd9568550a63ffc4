"""What keys, mouse and pen do, in words and keycaps for the shortcuts sheet."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtGui import QKeySequence

from bcseg_gui.core.i18n import _

_MOST_WAYS = 2
"""Key sequences listed per action; more would be noise."""

Keys = tuple[str, ...]
"""Keys held or pressed together, each as it is written on a keycap."""


@dataclass(frozen=True, slots=True)
class Shortcut:
    words: str
    ways: tuple[Keys, ...]

    def matches(self, text: str) -> bool:
        """Whether the words or the keys contain `text`, which is casefolded."""
        keys = (way for ways in self.ways for way in ("+".join(ways), " ".join(ways)))
        return any(text in part.casefold() for part in (self.words, *keys))


@dataclass(frozen=True, slots=True)
class ShortcutGroup:
    title: str
    shortcuts: tuple[Shortcut, ...]


def shortcut(words: str, sequences: Sequence[str]) -> Shortcut:
    """`sequences` as QKeySequence reads them, the main one first."""
    return Shortcut(words, tuple(_native(sequence) for sequence in sequences[:_MOST_WAYS]))


def mouse_shortcuts() -> ShortcutGroup:
    """What mouse and pen do on the slide."""
    control, shift, alt = (_modifier(key) for key in ("Ctrl", "Shift", "Alt"))
    space, wheel = _native("Space")[0], _("Wheel")
    return ShortcutGroup(
        _("Mouse and pen"),
        (
            Shortcut(_("Zoom"), ((wheel,),)),
            Shortcut(_("Move the picture, even within a stroke"), ((_("Middle button"),), (space, _("Drag")))),
            Shortcut(_("Size of the tool"), ((control, wheel),)),
            Shortcut(_("How strongly cells are shown"), ((shift, wheel),)),
            Shortcut(_("Take away instead of adding"), ((alt,), (_("Right button"),))),
            Shortcut(_("Add to what is there"), ((shift,),)),
            Shortcut(_("Thinner or thicker, with a pen"), ((_("Pressure"),),)),
        ),
    )


def slide_shortcuts() -> ShortcutGroup:
    """What keys do while the slide has the keyboard focus."""
    shift, alt, arrows = _modifier("Shift"), _modifier("Alt"), _("Arrows")
    return ShortcutGroup(
        _("On the picture"),
        (
            Shortcut(_("Hide the cells while it is held"), (_native("Tab"),)),
            Shortcut(_("Move the picture"), ((arrows,),)),
            Shortcut(_("Move it by a page"), ((shift, arrows),)),
            Shortcut(_("Whole picture"), (_native("Home"),)),
            Shortcut(_("Move the tool"), ((alt, arrows),)),
            Shortcut(_("Put the tool down, and lift it"), (_native("P"),)),
            Shortcut(_("Finish what the tool began"), (_native("Return"),)),
            Shortcut(_("One step back of it"), (_native("Backspace"),)),
            Shortcut(_("Give it up"), (_native("Esc"),)),
            Shortcut(_("To the panels"), (_native("F6"),)),
        ),
    )


def _native(sequence: str) -> Keys:
    """Name the keys as the system and its language do: “Strg”, “Maj” or “⌘”."""
    text = QKeySequence(sequence).toString(QKeySequence.SequenceFormat.NativeText)
    # “Ctrl++” ends in the key plus. A Mac joins its symbols without any plus.
    return (text,) if sys.platform == "darwin" else tuple(re.split(r"\+(?=.)", text))


def _modifier(key: str) -> str:
    return QKeySequence(f"{key}+X").toString(QKeySequence.SequenceFormat.NativeText).rstrip("X").rstrip("+")
