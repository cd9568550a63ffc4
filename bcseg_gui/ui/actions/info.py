"""What a row of the action table says, and the menus that the rows stand in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..operations.operations import Operations
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
