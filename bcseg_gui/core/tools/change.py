"""The change that a tool asks for, before it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry import Region

ReadPicture = Callable[[Region], NDArray[np.uint8]]
"""Level-0 colours of a region, uint8 (region.h, region.w, 3) RGB; white outside the slide."""


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Pixels that are to get `class_id`, bool `where` (region.h, region.w) in `region`; class 0 is background."""

    region: Region
    where: NDArray[np.bool_]
    class_id: int
