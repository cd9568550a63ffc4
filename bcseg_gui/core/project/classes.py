"""A project's list of classes: allowed changes, and a colour-blind-safe palette."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..errors import UserError
from ..i18n import _
from ..masks import CLASS_BITS, MaskClass

Classes = tuple[MaskClass, ...]

FOUND_ID = 1
"""What a segmentation writes; the class of this id can be renamed, but is always there."""
MOST_CLASSES = 24
"""More than can be told apart in a list or by colour."""
LONGEST_NAME = 60
KEYS = 9
"""Classes at the head of the list are chosen by the keys 1 to 9."""

PALETTE = ("#e69f00", "#56b4e9", "#000000", "#d55e00", "#009e73", "#f0e442", "#0072b2", "#cc79a7")
"""The colours of Okabe and Ito. Half covering stained cells, grey-blue, purple or pink, the first three are ΔE 37 apart
at least and neighbours 24, but for the last, to colour-blind eyes too (Machado 2009)."""

UNLISTED_COLOR = "#8c8c8c"
"""Of cells whose class the project does not list, which came with a picture or by undo: seen, but like no class."""


def checked(classes: Sequence[MaskClass]) -> Classes:
    """The classes, their names without spaces around. Raises UserError when there could be no such list."""
    tidy = tuple(replace(known, name=" ".join(known.name.split())) for known in classes)
    if len(tidy) > MOST_CLASSES:
        raise UserError("There can be {most} classes at most.", most=MOST_CLASSES)
    names: set[str] = set()
    for known in tidy:
        if not known.name:
            raise UserError("Give every class a name.")
        if len(known.name) > LONGEST_NAME:
            raise UserError("The name “{name}…” is too long for a class.", name=known.name[:LONGEST_NAME])
        if known.name.casefold() in names:
            raise UserError("Two classes are called “{name}”. Give each a name of its own.", name=known.name)
        names.add(known.name.casefold())
        if not re.fullmatch("#[0-9a-fA-F]{6}", known.color):
            raise UserError("“{color}” is no colour. Choose another for “{name}”.", color=known.color, name=known.name)
    ids = [known.id for known in tidy]
    if len(set(ids)) < len(ids) or not all(1 <= class_id <= CLASS_BITS for class_id in ids):
        raise ValueError(f"class ids {ids} are not each another one of 1…{CLASS_BITS}")
    if FOUND_ID not in ids:
        raise UserError("The class that Segment finds cells of cannot be removed. Give it another name instead.")
    return tidy


def added(classes: Classes, name: str, color: str = "", *, above: int = 0) -> Classes:
    """With another class at the end, of an id and, unless one is given, a colour that none has. Raises UserError.

    Its id is higher than `above`, the highest there ever was, so that what is undone later does not come back as
    another class, as far as there is room.
    """
    taken = {known.id for known in classes}
    last = max(*taken, above)
    order = (*range(last + 1, CLASS_BITS + 1), *range(1, last + 1))
    class_id = next(free for free in order if free not in taken)
    return checked((*classes, MaskClass(class_id, name, color or free_color(classes))))


def renamed(classes: Classes, class_id: int, name: str) -> Classes:
    """Raises UserError when the name is empty or another class has it."""
    return checked([replace(known, name=name) if known.id == class_id else known for known in classes])


def recoloured(classes: Classes, class_id: int, color: str) -> Classes:
    """`color` as “#rrggbb”."""
    return checked([replace(known, color=color) if known.id == class_id else known for known in classes])


def removed(classes: Classes, class_id: int) -> Classes:
    """Without it; whether a mask holds any of it is not asked here. Raises UserError for what Segment finds."""
    return checked([known for known in classes if known.id != class_id])


def moved(classes: Classes, class_id: int, by: int) -> Classes:
    """Farther up (by < 0) or down the list, to its ends at most; the ids stay, the keys follow the list."""
    place = next(index for index, known in enumerate(classes) if known.id == class_id)
    rest = [*classes[:place], *classes[place + 1 :]]
    rest.insert(min(max(place + by, 0), len(rest)), classes[place])
    return tuple(rest)


def with_blood_cells(classes: Classes, *, above: int = 0) -> Classes:
    """With white cells and platelets beside what is there already; `above` as for `added`."""
    for name in (_("white cell"), _("platelet")):
        if name.casefold() not in {known.name.casefold() for known in classes}:
            classes = added(classes, name, above=above)
    return classes


def ids_of(names: Sequence[str], classes: Sequence[MaskClass]) -> tuple[int, ...]:
    """Of the classes of a model, the project's ids: those of the same names, 0 where there is none.

    What a model finds first is what Segment finds, whatever the project calls it, unless that is another's name.
    """
    by_name = {known.name.casefold(): known.id for known in classes}
    ids = [by_name.get(name.casefold(), 0) for name in names]
    if not ids[0] and FOUND_ID not in ids:
        ids[0] = FOUND_ID
    return tuple(ids)


def with_names(classes: Classes, names: Sequence[str], *, above: int = 0) -> Classes:
    """With all that a model of these classes finds; `above` as for `added`. Raises UserError."""
    for name, class_id in zip(names, ids_of(names, classes), strict=True):
        if not class_id:
            classes = added(classes, name, above=above)
    return classes


def at_key(classes: Classes, key: int) -> MaskClass | None:
    """The class that a key, 1 to 9, chooses."""
    return classes[key - 1] if 1 <= key <= min(KEYS, len(classes)) else None


def free_color(classes: Classes) -> str:
    """The first colour of the palette that no class has, else that which the fewest have."""
    taken = [known.color.lower() for known in classes]
    return min(PALETTE, key=taken.count)


def named(classes: Classes, class_id: int) -> MaskClass:
    """The class of an id; one in grey that bears its number when the project lists none."""
    unlisted = MaskClass(class_id, _("class {number}").format(number=class_id), UNLISTED_COLOR)
    return next((known for known in classes if known.id == class_id), unlisted)
