"""What can be told of every cell: one function and one row of `COLUMNS` each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .cell import Cells

Values = NDArray[np.integer] | NDArray[np.floating]
"""(n,): one value per cell"""


@dataclass(frozen=True, slots=True)
class Column:
    id: str
    """Names the column in files; never translated."""
    unit: Literal["", "px", "px²"]
    """Of `values`, in level-0 pixels."""
    values: Callable[[Cells], Values]


def class_id(cells: Cells) -> Values:
    return cells.class_ids


def x(cells: Cells) -> Values:
    return cells.centroids[:, 0]


def y(cells: Cells) -> Values:
    return cells.centroids[:, 1]


def area(cells: Cells) -> Values:
    return cells.areas


def diameter(cells: Cells) -> Values:
    return cells.diameters


COLUMNS: tuple[Column, ...] = (
    Column("class", "", class_id),
    Column("x", "px", x),
    Column("y", "px", y),
    Column("area", "px²", area),
    Column("diameter", "px", diameter),
)
