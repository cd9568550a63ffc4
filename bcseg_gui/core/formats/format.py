"""What a format is: a codec between pieces of slides and files. It knows no project, slide or mask file.

A new format is a module beside this one that writes pieces, its test, and a row in `table.FORMATS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..geometry import Region
from ..masks import MaskClass

Content = Literal["picture", "classes", "corrected"]
"""The arrays of a `Piece`."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A reviewed part of a slide as it leaves the project: pixels, and no more about their origin than is needed.

    `name` is unique in an export and safe as a file name. `slide` is an id, `source` the slide's file name without
    folders. `mpp` is µm per pixel, `cell_diameter` pixels, as set by the user. `model` is the one whose prediction was
    corrected, empty when the mask was drawn by hand. `picture` is RGB uint8 `(h, w, 3)`, `classes` class ids uint8
    `(h, w)`, `corrected` bool `(h, w)`, True where a person decided, or None where that does not leave the project.
    """

    name: str
    slide: str
    source: str
    region: Region
    mpp: float | None
    cell_diameter: float | None
    model: str
    split: Literal["train", "holdout"]
    picture: NDArray[np.uint8]
    classes: NDArray[np.uint8]
    corrected: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """A row of `table.FORMATS`.

    `id` names the format on the command line, `title` says in a few words what is written (a message id, English),
    `suffix` is that of the files with the masks, `holds` what of a piece is in the files.

    `encode(folder, pieces, classes)` writes into an existing, empty folder. It goes through `pieces` once, and keeps
    none longer than it must: each may hold 200 MB. `decode(folder)` gives the pieces back, as far as the format holds
    them; None where it cannot. `written(folder)` is the files that an earlier export left there, empty where there was
    none: they are replaced without asking.
    """

    id: str
    title: str
    suffix: str
    holds: frozenset[Content]
    encode: Callable[[Path, Iterable[Piece], Sequence[MaskClass]], object]
    written: Callable[[Path], Collection[Path]]
    decode: Callable[[Path], Iterator[Piece]] | None = None


def piece_name(slide: str, region: Region | None) -> str:
    """The name of a piece of the slide with this id; `region` is None for all of it."""
    return slide if region is None else f"{slide}-{region.x}-{region.y}-{region.w}x{region.h}"


def origin_of(name: str) -> tuple[str, Region | None]:
    """Inverse of `piece_name`."""
    part = re.search(r"-(\d+)-(\d+)-(\d+)x(\d+)$", name)
    if part is None:
        return name, None
    return name[: part.start()], Region(*map(int, part.groups()))
