"""An index of the cells of a mask that follows its edits, block by block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

from ..geometry import TILE_SIZE, Point, Region
from ..masks import ReadMask
from .cell import Cells
from .labelling import labelled

BLOCK = 2048
"""Side in pixels of the blocks in which a mask is counted once."""

_Place = tuple[int, int]
"""Row and column of a block."""
_Piece = tuple[_Place, int]
"""A cell as far as it lies in one block: the block, the piece's number there from 1."""
_OPPOSITE = {(0, -1): (0, 1), (0, 1): (0, -1), (-1, 0): (1, 0), (1, 0): (-1, 0)}


class CellIndex:
    """Knows the cells of a region of a mask; beyond the region there are none, so its border cuts cells.

    The region is labelled in blocks. Pieces of one class that meet at the border of two blocks are one cell: this graph
    of meeting pieces is kept, with a tally of how many cells have which class and area. An update relabels one block
    and follows only the cells that reach into it. Not for several threads at once.
    """

    def __init__(self, region: Region, side: int = TILE_SIZE) -> None:
        """`side` of a block in level-0 pixels; blocks lie on multiples of it. Empty until `update` is called."""
        self.region = region
        self._side = side
        self._blocks: dict[_Place, _Block] = {}
        self._meeting: dict[_Piece, set[_Piece]] = {}
        self._tally: Counter[tuple[int, int]] = Counter()
        """Number of cells by class id and area."""

    # -- following the mask ---------------------------------------------------------------------------------------

    def blocks(self, region: Region | None = None) -> Iterator[Region]:
        """The blocks that touch a region, row by row; all blocks by default."""
        side, inner = self._side, self.region if region is None else self.region.intersected(region)
        if inner.is_empty:
            return
        for y in range(inner.y // side * side, inner.bottom, side):
            for x in range(inner.x // side * side, inner.right, side):
                yield Region(x, y, side, side).intersected(self.region)

    def update(self, block: Region, classes: NDArray[np.uint8]) -> None:
        """Label one of `blocks` again: uint8 (block.h, block.w), class ids or mask bytes."""
        place = self._place(block.x, block.y)
        new = _Block.of(block, classes)
        meetings = self._meetings(place, new)
        # The cells that reach into the block, and those that will.
        changed = self._with_their_cells([*self._joined_in(place), *(other for _, other in meetings)])
        self._count(place, changed, -1)
        for piece in self._joined_in(place):
            self._part(piece)
        self._blocks.pop(place, None)
        if len(new.cells):
            self._blocks[place] = new
        for number, other in meetings:
            self._meeting.setdefault((place, number), set()).add(other)
            self._meeting.setdefault(other, set()).add((place, number))
        elsewhere = {piece for piece in changed if piece[0] != place}
        self._count(place, elsewhere.union(self._joined_in(place)), 1)

    # -- questions ------------------------------------------------------------------------------------------------

    def counts(self, min_area: int = 1) -> dict[int, int]:
        """Number of cells of at least `min_area` pixels by class id, without classes that have none."""
        numbers: Counter[int] = Counter()
        for (class_id, area), number in self._tally.items():
            if area >= min_area:
                numbers[class_id] += number
        return dict(numbers)

    def within(self, region: Region) -> Cells:
        """All cells that reach into a region, whole; perhaps also one whose bounding box does."""
        parts: list[Cells] = []
        joined: list[_Piece] = []
        for block in self.blocks(region):
            place = self._place(block.x, block.y)
            if place in self._blocks:
                cells = self._blocks[place].cells
                x, y, w, h = cells.boxes.T
                touching = (x < region.right) & (y < region.bottom) & (x + w > region.x) & (y + h > region.y)
                for piece in self._joined_in(place):
                    if touching[piece[1] - 1]:
                        joined.append(piece)
                        touching[piece[1] - 1] = False
                parts.append(cells[touching])
        parts += map(self._merged, self._cells_of(joined))
        return Cells.joined(parts)

    def at(self, point: Point, read: ReadMask) -> Cells:
        """The cell that holds a point, or none; `read` gives the mask as it was when its block was updated last."""
        x, y = floor(point[0]), floor(point[1])
        for block in self.blocks(Region(x, y, 1, 1)):
            first = 1
            for labels in labelled(read(block)):
                if number := int(labels.labels[y - block.y, x - block.x]):
                    return self._merged(self._cell_of((self._place(x, y), first + number - 1)))
                first += len(labels.cells)
        return Cells.none()

    # -- the graph of pieces --------------------------------------------------------------------------------------

    def _place(self, x: int, y: int) -> _Place:
        return y // self._side, x // self._side

    def _meetings(self, place: _Place, block: _Block) -> list[tuple[int, _Piece]]:
        """Which pieces of a block at a place meet which of its neighbours' pieces."""
        meetings: list[tuple[int, _Piece]] = []
        for (down, right), opposite in _OPPOSITE.items():
            beside = place[0] + down, place[1] + right
            neighbour = self._blocks.get(beside)
            if neighbour is not None and len(block.cells):
                here, there = block.edges[down, right], neighbour.edges[opposite]
                both = (here > 0) & (there > 0)
                for number, other in set(zip(here[both].tolist(), there[both].tolist(), strict=True)):
                    if block.cells.class_ids[number - 1] == neighbour.cells.class_ids[other - 1]:
                        meetings.append((number, (beside, other)))
        return meetings

    def _joined_in(self, place: _Place) -> list[_Piece]:
        """The pieces of a block that meet others."""
        block = self._blocks.get(place)
        numbers = range(1, len(block.cells) + 1) if block is not None else ()
        return [piece for number in numbers if (piece := (place, number)) in self._meeting]

    def _part(self, piece: _Piece) -> None:
        """Separate a piece from all others."""
        for other in self._meeting.pop(piece, ()):
            self._meeting[other].discard(piece)
            if not self._meeting[other]:
                del self._meeting[other]

    def _cell_of(self, piece: _Piece) -> set[_Piece]:
        """All pieces of the cell that a piece belongs to."""
        cell, ahead = {piece}, [piece]
        while ahead:
            new = self._meeting.get(ahead.pop(), set()) - cell
            cell |= new
            ahead += new
        return cell

    def _cells_of(self, pieces: Iterable[_Piece]) -> Iterator[set[_Piece]]:
        """The cells that pieces belong to, each once."""
        left = set(pieces)
        while left:
            cell = self._cell_of(left.pop())
            left -= cell
            yield cell

    def _with_their_cells(self, pieces: Iterable[_Piece]) -> set[_Piece]:
        return {piece for cell in self._cells_of(pieces) for piece in cell}

    def _merged(self, cell: Iterable[_Piece]) -> Cells:
        pieces = [self._blocks[place].cells[np.array([number - 1])] for place, number in sorted(cell)]
        return Cells.joined(pieces).merged()

    # -- the tally ------------------------------------------------------------------------------------------------

    def _count(self, place: _Place, pieces: set[_Piece], sign: int) -> None:
        """Add to the tally, or take from it, the cells of these pieces and all other pieces of a block, each a cell."""
        cells: Counter[tuple[int, int]] = Counter()
        for cell in self._cells_of(pieces):
            cells[self._class_and_area(cell)] += 1
        if (block := self._blocks.get(place)) is not None:
            alone = np.array([(place, number) not in pieces for number in range(1, len(block.cells) + 1)], np.bool_)
            cells.update(
                zip(block.cells.class_ids[alone].tolist(), block.cells.areas[alone].tolist(), strict=True),
            )
        for key, number in cells.items():
            self._tally[key] += sign * number
            if not self._tally[key]:
                del self._tally[key]

    def _class_and_area(self, cell: set[_Piece]) -> tuple[int, int]:
        class_id, area = 0, 0
        for place, number in cell:
            cells = self._blocks[place].cells
            class_id = int(cells.class_ids[number - 1])
            area += int(cells.areas[number - 1])
        return class_id, area


@dataclass(frozen=True, slots=True)
class _Block:
    cells: Cells
    """What `labelled` finds; the pieces are numbered from 1 in this order."""
    edges: dict[_Place, NDArray[np.int32]]
    """Numbers of the pieces along each side, 0 where there is none, by the step (rows, columns) to the neighbour."""

    @classmethod
    def of(cls, region: Region, classes: NDArray[np.uint8]) -> _Block:
        edges = {
            (-1, 0): np.zeros(region.w, np.int32),
            (1, 0): np.zeros(region.w, np.int32),
            (0, -1): np.zeros(region.h, np.int32),
            (0, 1): np.zeros(region.h, np.int32),
        }
        parts: list[Cells] = []
        before = 0
        for found in labelled(classes, (region.x, region.y)):
            for step, side in (
                ((-1, 0), found.labels[0]),
                ((1, 0), found.labels[-1]),
                ((0, -1), found.labels[:, 0]),
                ((0, 1), found.labels[:, -1]),
            ):
                edges[step] += np.where(side > 0, side + np.int32(before), 0)
            parts.append(found.cells)
            before += len(found.cells)
        return cls(Cells.joined(parts), edges)


def count_in_blocks(
    read: ReadMask,
    dimensions: tuple[int, int],
    min_area: int = 1,
    *,
    cancelled: Callable[[], bool] = lambda: False,
) -> int | None:
    """The number of cells that `find_cells` finds in a mask of (width, height), which is never read as a whole.

    None when `cancelled`.
    """
    index = CellIndex(Region(0, 0, *dimensions), BLOCK)
    for block in index.blocks():
        if cancelled():
            return None
        index.update(block, read(block))
    return sum(index.counts(min_area).values())
