"""Which pictures of a project hold cells of which class."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from ..damaged_files import is_kept_damaged
from ..errors import UserError
from ..geometry import Region, tiles_covering
from ..masks import CLASS_BITS, MaskClass
from ..masks.failures import damaged, explained
from ..masks.pyramid import Tile
from ..masks.storage.packing import unpack
from .entry import SlideEntry

_TILE = "SELECT data FROM tiles WHERE level = 0 AND row = ? AND col = ?"


def require_unused(gone: Iterable[MaskClass], slides: Iterable[tuple[SlideEntry, Path]]) -> None:
    """Raise UserError when a mask holds a pixel of one of the classes `gone`, or one cannot be read.

    `slides`: each with its folder, which holds a mask for every page that was worked on. What is painted must be on
    disk. A thousand tiles of 512² take about 0.2 s.
    """
    slides = list(slides)
    for known in gone:
        using = [entry.path.name for entry, folder in slides if _uses(folder, known.id)]
        if len(using) == 1:
            raise UserError(
                "“{name}” cannot be removed, for “{picture}” holds such cells. Delete them, or give them another "
                "class, first.",
                name=known.name,
                picture=using[0],
            )
        if using:
            raise UserError(
                "“{name}” cannot be removed, for {n} pictures hold such cells, “{picture}” among them. Delete them, "
                "or give them another class, first.",
                name=known.name,
                n=len(using),
                picture=using[0],
            )


def ids_in(path: Path, regions: Iterable[Region]) -> set[int]:
    """The class ids in these regions of a mask file, empty if there is no file. Raises UserError."""
    found: set[int] = set()
    if not path.is_file():
        return found
    with _open(path) as db:
        for region in regions:
            for key in tiles_covering(region):
                tile = key.level_region()
                part = tile.intersected(region).slices_in(tile)
                for (data,) in db.execute(_TILE, (key.row, key.col)):
                    found.update(np.flatnonzero(np.bincount(_ids(data, path)[part].ravel())).tolist())
    return found - {0}


def _uses(folder: Path, class_id: int) -> bool:
    return any(_holds(path, class_id) for path in _masks(folder))


def _masks(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("mask*.sqlite")) if not is_kept_damaged(path)]


def _holds(path: Path, class_id: int) -> bool:
    with _open(path) as db, closing(db.execute("SELECT data FROM tiles WHERE level = 0")) as rows:
        return any((_ids(data, path) == class_id).any() for (data,) in rows)


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    """Not by way of `Mask`, which wants the picture's size: that of a page not shown now nobody knows.

    Opened to be written: only then is a transaction that a crash cut off taken back.
    """
    with explained(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as db:
        yield db


def _ids(data: bytes, path: Path) -> Tile:
    """The class ids of a packed tile."""
    try:
        return unpack(data) & np.uint8(CLASS_BITS)
    except (zlib.error, ValueError, TypeError) as error:
        raise damaged(path) from error
