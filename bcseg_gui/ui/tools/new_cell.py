"""Common to tools that draw a whole cell: paint it as one stroke, apart from its neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.cells.picking import cell_at
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.i18n import _
from bcseg_gui.core.tools.change import Change
from bcseg_gui.core.tools.outline import covered_cells, kept_apart

from .tool import Canvas, Hand, Point


def put_cell(canvas: Canvas, tool: str, region: Region, where: NDArray[np.bool_], begun: Point, hand: Hand) -> None:
    """Give `where`, bool (region.h, region.w), the class in hand, or erase it; say so when nothing is left of it.

    It keeps apart from its neighbours if the settings say so, unless Shift is held. A cell of the same class that the
    stroke began in, or mostly redraws, is extended instead. Raise UserError.
    """
    change = Change(region, where, 0 if hand.subtract else canvas.settings.class_id)
    if not hand.subtract and not hand.add and canvas.settings.keeps_apart:
        own = covered_cells(change, canvas.read_mask, canvas.whole)
        here = cell_at(canvas.read_mask, canvas.whole, begun)
        if here is not None and here.class_id == change.class_id:
            own.append(here)
        change = kept_apart(change, canvas.read_mask, own)
    if change.where.any():
        canvas.apply(tool, [change])
    else:
        canvas.say(_("There is no room for a new cell here. Hold Shift to join it to its neighbours."))
