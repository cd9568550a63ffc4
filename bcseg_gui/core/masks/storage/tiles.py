"""The tiles of a mask in memory: decoded when first asked for, edited in place, and their overviews."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from weakref import WeakValueDictionary

import cv2
import numpy as np

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import TILE_SIZE, Region, TileKey, tiles_covering

from ..pyramid import CLASS_BITS, GAP_LEVELS, MANUAL, Tile, ancestors, children, halved
from .packing import pack, unpack
from .tileset import TileSet
from .tilestore import TileStore

TILES_KEPT = 192
"""Decoded tiles that are cached though nobody uses them: 48 MB."""


class Tiles:
    """Live tiles in front of a `TileStore`.

    A tile has one array, the same for everybody, as long as anybody holds it or a view of it: the overlay on screen
    wraps it without a copy and sees every edit. Arrays nobody holds are kept by recency and then let go; those that
    the file does not have yet are let go packed, so memory stays bounded even while a whole slide is segmented.
    """

    def __init__(self, store: TileStore, on_the_way: Callable[[TileKey], Tile | bytes | None]) -> None:
        """`on_the_way` gives a level-0 tile that the file does not have yet but will, as an array or packed."""
        self._store = store
        self._on_the_way = on_the_way
        self._live: WeakValueDictionary[TileKey, Tile] = WeakValueDictionary()
        self._recent: OrderedDict[TileKey, Tile] = OrderedDict()
        self._unsaved: set[TileKey] = set()
        """Tiles that differ from the file as it will be; each is in `_recent`, or packed as it is in `_packed`"""
        self._packed: dict[TileKey, bytes] = {}
        self._finished: dict[TileKey, bytes] = {}
        """Packed overview tiles that are up to date and not in the file"""
        stored = TileSet(store.dimensions, store.tile_places())
        self._present = stored.with_ancestors()
        """Tiles of all levels that may hold something; the others are empty without asking the file"""
        self._stale = self._present.below_missing(stored)
        """Tiles that changed since their parent in the overview took them; then every ancestor is stale as well"""

    # -- level 0 --------------------------------------------------------------------------------------------------

    def get(self, key: TileKey) -> Tile | None:
        """The live tile as far as it is known, None when there is nothing in it or an overview was never computed."""
        if key not in self._present:
            return None
        tile = self._live.get(key)
        if tile is None:
            tile = unpack(self._packed[key]) if key in self._packed else self._load(key)
            if tile is None:
                return None
        self._cache(key, tile)
        return tile

    def changing(self, key: TileKey) -> Tile:
        """The live level-0 tile, made when absent, for a caller who changes it right now."""
        self._add(key)
        tile = self._own(key)
        self._mark_stale(key)
        return tile

    def changed(self, key: TileKey, before: Tile | None) -> Tile | bytes | None:
        """An unsaved tile as it is now, copied or packed; None when it is as it was `before`, if that is known.

        The copy may be made into `before`: fresh memory would take longer than copying does.
        """
        tile = self._live.get(key)
        if tile is None:
            data = self._packed[key]
            return None if before is not None and np.array_equal(before, unpack(data)) else data
        if before is None:
            return tile.copy()
        if np.array_equal(before.view(np.uint64), tile.view(np.uint64)):
            return None
        np.copyto(before, tile)
        return before

    def handed_over(self, keys: Iterable[TileKey]) -> None:
        """Mark these level-0 tiles as in the file, or on their way to it."""
        for key in keys:
            self._unsaved.discard(key)
            self._packed.pop(key, None)

    def reload(self, keys: Iterable[TileKey]) -> list[Region]:
        """Make level-0 tiles equal again, in place, to the file as it will be; returns where they may have differed.

        Raises UserError, at the end, when one cannot be read; that one is let go of and read again when next asked for.
        """
        problem: UserError | None = None
        changed = []
        for key in keys:
            self._add(key)
            live = self._live.get(key)
            region = key.level_region()
            if live is not None:
                try:
                    stored = self._load(key)
                    region = _difference(live, stored, region)
                    live[:] = 0 if stored is None else stored
                except UserError as error:
                    problem = problem or error
                    del self._live[key]
                    self._recent.pop(key, None)
            self.handed_over((key,))
            self._mark_stale(key)
            changed.append(region)
        if problem is not None:
            raise problem
        return changed

    # -- overview -------------------------------------------------------------------------------------------------

    @property
    def overviews_stale(self) -> bool:
        return next(self._behind(), None) is not None

    def refresh(self, deadline: float, wanted: Iterable[TileKey], *, others: bool = True) -> list[TileKey]:
        """Work off what is stale, overview tiles `wanted` first, then `others`; returns what its parent took over.

        The `deadline`, of `time.monotonic`, may be exceeded by halving one tile, a millisecond: that much is done.
        """
        taken = []
        for key in chain(wanted, self._behind() if others else ()):
            for child in self._renew(key):
                taken.append(child)
                if time.monotonic() >= deadline:
                    return taken
        return taken

    def preview(self, region: Region, level: int) -> None:
        """Show what a person set in `region` on the overview tiles of `level`, roughly and at once.

        They stay stale. A pixel is what lies under its middle, not the highest class below it.
        """
        step = 1 << level
        for child in tiles_covering(region):
            tile = self._live.get(child)
            if tile is None:
                continue
            place = child.level_region()
            part = region.intersected(place)
            # The first and last pixels of the level whose middle lies in the part.
            left, top = (part.x + step // 2 - 1) // step, (part.y + step // 2 - 1) // step
            right, bottom = (part.right + step // 2 - 1) // step, (part.bottom + step // 2 - 1) // step
            if left >= right or top >= bottom:
                continue
            key = TileKey(level, child.row >> level, child.col >> level)
            overview = self._own_all(key)[
                top - key.row * TILE_SIZE : bottom - key.row * TILE_SIZE,
                left - key.col * TILE_SIZE : right - key.col * TILE_SIZE,
            ]
            rows, cols = (top * step + step // 2 - place.y, left * step + step // 2 - place.x)
            seen = tile[rows : rows + (bottom - top) * step : step, cols : cols + (right - left) * step : step]
            np.copyto(overview, seen & np.uint8(CLASS_BITS), where=seen >= MANUAL)

    def finished_overviews(self) -> dict[TileKey, bytes]:
        """Packed overview tiles that the file lacks, valid once pending writes are done."""
        unsaved = [key for key in self._unsaved if key.level == 0]
        above = {ancestor for key in unsaved for ancestor in ancestors(key, self._store.levels)}
        return {key: data for key, data in self._finished.items() if key not in above}

    def overviews_saved(self, tiles: Mapping[TileKey, bytes]) -> None:
        """The file took these `finished_overviews`. What changed since is still to be saved."""
        for key, data in tiles.items():
            if self._finished.get(key) is data:
                del self._finished[key]
                self._unsaved.discard(key)
                self._packed.pop(key, None)

    def _behind(self) -> Iterator[TileKey]:
        """Overview tiles that are not up to date, finest level first."""
        for level in range(1, self._store.levels):
            yield from self._stale.parents(level)

    def _renew(self, key: TileKey) -> Iterator[TileKey]:
        """Bring an overview tile up to date, yielding each tile that its parent took; may be left at any of them."""
        if key.level == 0 or not self._stale_children(key):
            return
        self._own_all(key)
        for child, rows, cols in children(key):
            if child in self._stale:
                yield from self._renew(child)
                below = self.get(child)
                self._own(key)[rows, cols] = 0 if below is None else halved(below, with_gaps=child.level < GAP_LEVELS)
                self._stale.discard(child)
                if not self._stale_children(key):
                    self._finished[key] = pack(self._own(key))
                yield child

    def _own_all(self, key: TileKey) -> Tile:
        """The overview tile, made when absent; then all of it is due."""
        if self.get(key) is None:
            # Stored nowhere, or never computed.
            for child, _, _ in children(key):
                if child in self._present:
                    self._mark_stale(child)
        return self._own(key)

    def _stale_children(self, key: TileKey) -> bool:
        return any(child in self._stale for child, _, _ in children(key))

    # -- bookkeeping ----------------------------------------------------------------------------------------------

    def _load(self, key: TileKey) -> Tile | None:
        data = self._on_the_way(key) if key.level == 0 else None
        if data is None:
            return self._store.load(key)
        if isinstance(data, bytes):
            return unpack(data) if data else None
        return data.copy()

    def _own(self, key: TileKey) -> Tile:
        """The live tile of a present key, made when absent; the file does not have it as it will be."""
        tile = self.get(key)
        if tile is None:
            tile = np.zeros((TILE_SIZE, TILE_SIZE), np.uint8)
        self._unsaved.add(key)
        self._cache(key, tile)
        return tile

    def _cache(self, key: TileKey, tile: Tile) -> None:
        self._live[key] = tile
        self._recent[key] = tile
        self._recent.move_to_end(key)
        self._packed.pop(key, None)
        while len(self._recent) > TILES_KEPT:
            oldest, unused = self._recent.popitem(last=False)
            if oldest in self._unsaved:
                self._packed[oldest] = self._finished.get(oldest) or pack(unused)

    def _add(self, key: TileKey) -> None:
        if key not in self._present:
            self._present.add_upwards(key)

    def _mark_stale(self, key: TileKey) -> None:
        if key not in self._stale:
            self._stale.add_upwards(key)
            for ancestor in ancestors(key, self._store.levels):
                self._finished.pop(ancestor, None)


def _difference(tile: Tile, other: Tile | None, region: Region) -> Region:
    """The smallest part of a tile's `region` that holds every pixel in which two tiles differ; None is all zeros."""
    differs = (tile != other if other is not None else tile != 0).view(np.uint8)
    x, y, w, h = cv2.boundingRect(differs)
    return Region(region.x + x, region.y + y, w, h)
