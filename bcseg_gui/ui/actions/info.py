"""What a row of the action table says, and the menus that the rows stand in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bcseg_gui.core.i18n import translated

from ..operations.operations import Operations
from ..shortcuts import ShortcutGroup, shortcut
from .conditions import Condition, always


@dataclass(frozen=True, slots=True)
class ActionInfo:
    """One thing a person can do. Texts are msgids."""

    id: str
    text: str
    run: Callable[[Operations], object]
    """May raise UserError, which is shown in the message bar"""
    tooltip: str = ""
    """What it is for, where `text` does not say all; the shortcut is added to it"""
    keys: tuple[str, ...] = ()
    icon: str = ""
    """`resources/icons/ICON.svg`"""
    checkable: bool = False
    group: str = ""
    """Of the actions of one group exactly one is checked"""
    during_stroke: bool = False
    """Leaves a stroke under way alone, or deals with it itself; any other action settles it first"""
    enabled: Condition = always


Sections = tuple[tuple[ActionInfo, ...], ...]
"""Of a menu, with a separator between two."""


@dataclass(frozen=True, slots=True)
class Menu:
    title: str
    """msgid"""
    sections: Sections

    def shortcuts(self) -> ShortcutGroup:
        """The actions that have keys, in the current language."""
        with_keys = (info for section in self.sections for info in section if info.keys)
        return ShortcutGroup(
            translated(self.title).replace("&", ""),
            tuple(shortcut(translated(info.text).rstrip("…"), info.keys) for info in with_keys),
        )
