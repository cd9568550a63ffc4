"""The tiles of a mask in memory: decoded when first asked for, edited in place, and their overviews."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from weakref import WeakValueDictionary

import numpy as np

from ..errors import UserError
from ..geometry import TILE_SIZE, TileKey
from .pyramid import Tile, ancestors, children, halved
from .tilestore import TileStore, pack, unpack

TILES_KEPT = 256
"""Tiles held decoded though nobody uses them: 64 MB."""


class Tiles:
    """Live tiles in front of a `TileStore`.

    A tile has one array, the same for everybody, as long as anybody holds it or a view of it: the overlay on screen
    wraps it without a copy and sees every edit. Arrays nobody holds are kept by recency and then let go; those that
    the file does not have yet are let go packed, so memory stays bounded even while a whole slide is segmented.
    """

    def __init__(self, store: TileStore) -> None:
        self._store = store
        self._live: WeakValueDictionary[TileKey, Tile] = WeakValueDictionary()
        self._recent: OrderedDict[TileKey, Tile] = OrderedDict()
        self._unsaved: set[TileKey] = set()
        """Tiles that differ from the file; each is in `_recent`, or packed as it is in `_packed`"""
        self._packed: dict[TileKey, bytes] = {}
        self._present: set[TileKey] = set()
        """Tiles of all levels that may hold something; the others are empty without asking the file"""
        self._stale: set[TileKey] = set()
        """Tiles that changed since their parent in the overview took them; then every ancestor is stale as well"""
        for key in store.tile_keys():
            self._add(key)

    # -- level 0 --------------------------------------------------------------------------------------------------

    def get(self, key: TileKey) -> Tile | None:
        """The live tile, None when there is nothing in it. For overview tiles see `overview`."""
        if key not in self._present:
            return None
        tile = self._live.get(key)
        if tile is None:
            tile = unpack(self._packed[key]) if key in self._packed else self._store.load(key)
            if tile is None:
                return None
        self._keep(key, tile)
        return tile

    def changing(self, key: TileKey) -> Tile:
        """The live level-0 tile, made when absent, for a caller who changes it right now."""
        self._add(key)
        tile = self._own(key)
        self._mark_stale(key)
        return tile

    def packed(self, key: TileKey) -> bytes:
        """Packed bytes of an unsaved tile as it is now."""
        tile = self._live.get(key)
        return self._packed[key] if tile is None else pack(tile)

    def saved(self, keys: Iterable[TileKey]) -> None:
        """The file holds these tiles now."""
        for key in keys:
            self._unsaved.discard(key)
            self._packed.pop(key, None)

    def reload(self, keys: Iterable[TileKey]) -> None:
        """Make level-0 tiles equal to the file again, in place.

        Raises UserError, at the end, when one cannot be read; that one is let go of and read again when next asked for.
        """
        problem: UserError | None = None
        for key in keys:
            self._add(key)
            live = self._live.get(key)
            if live is not None:
                try:
                    stored = self._store.load(key)
                    live[:] = 0 if stored is None else stored
                except UserError as error:
                    problem = problem or error
                    del self._live[key]
                    self._recent.pop(key, None)
            self.saved((key,))
            self._mark_stale(key)
        if problem is not None:
            raise problem

    # -- overview -------------------------------------------------------------------------------------------------

    def overview(self, key: TileKey) -> Tile | None:
        """The live tile of an overview level, brought up to date first; None when there is nothing in it.

        A pixel shows the highest class id among the level-0 pixels it covers, or a gap between cells (`halved`). The
        manual bit is left out.
        """
        if key.level == 0 or key not in self._present:
            return self.get(key)
        known = self.get(key) is not None
        # Children first: while they are computed this tile may be let go of, and a half-made one must not be kept.
        quadrants = []
        for child, rows, cols in children(key):
            if child in self._present and (child in self._stale or not known):
                below = self.overview(child)
                quadrants.append((child, rows, cols, 0 if below is None else halved(below)))
        tile = self._own(key) if quadrants else self.get(key)
        for child, rows, cols, quadrant in quadrants:
            assert tile is not None
            tile[rows, cols] = quadrant
            self._stale.discard(child)
        return tile

    def finished_overviews(self) -> dict[TileKey, bytes]:
        """Packed overview tiles that are up to date and not in the file."""
        return {
            key: self.packed(key)
            for key in self._unsaved
            if key.level and not any(child in self._stale for child, _, _ in children(key))
        }

    # -- bookkeeping ----------------------------------------------------------------------------------------------

    def _own(self, key: TileKey) -> Tile:
        """The live tile of a present key, made when absent; the file does not have it as it will be."""
        tile = self.get(key)
        if tile is None:
            tile = np.zeros((TILE_SIZE, TILE_SIZE), np.uint8)
        self._unsaved.add(key)
        self._keep(key, tile)
        return tile

    def _keep(self, key: TileKey, tile: Tile) -> None:
        self._live[key] = tile
        self._recent[key] = tile
        self._recent.move_to_end(key)
        self._packed.pop(key, None)
        while len(self._recent) > TILES_KEPT:
            oldest, unused = self._recent.popitem(last=False)
            if oldest in self._unsaved:
                self._packed[oldest] = pack(unused)

    def _add(self, key: TileKey) -> None:
        if key not in self._present:
            self._present.update((key, *ancestors(key, self._store.levels)))

    def _mark_stale(self, key: TileKey) -> None:
        if key not in self._stale:
            self._stale.update((key, *ancestors(key, self._store.levels)))
