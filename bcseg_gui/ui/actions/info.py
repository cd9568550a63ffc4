"""Rows of the action table, and the menus they form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bcseg_gui.core.i18n import translated

from ..operations.operations import Operations
from ..shortcuts import ShortcutGroup, shortcut
from .conditions import Condition, always


@dataclass(frozen=True, slots=True)
class ActionInfo:
    """One thing the user can do. Texts are msgids."""

    id: str
    text: str
    run: Callable[[Operations], object]
    """May raise UserError, which the message bar shows"""
    tooltip: str = ""
    """What it is for, if `text` does not say it; the shortcut is appended"""
    keys: tuple[str, ...] = ()
    icon: str = ""
    """`resources/icons/ICON.svg`"""
    checkable: bool = False
    group: str = ""
    """Exactly one action of a group is checked"""
    during_stroke: bool = False
    """Does not settle a stroke under way first"""
    enabled: Condition = always


Sections = tuple[tuple[ActionInfo, ...], ...]
"""Sections of a menu, divided by separators."""


@dataclass(frozen=True, slots=True)
class Menu:
    title: str
    """Msgid"""
    sections: Sections

    def shortcuts(self) -> ShortcutGroup:
        """The actions that have keys, in the current language."""
        with_keys = (info for section in self.sections for info in section if info.keys)
        return ShortcutGroup(
            translated(self.title).replace("&", ""),
            tuple(shortcut(translated(info.text).rstrip("…"), info.keys) for info in with_keys),
        )
