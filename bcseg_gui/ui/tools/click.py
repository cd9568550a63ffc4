"""Tools that work by a click: wand and fill."""

from __future__ import annotations

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import _, sentence
from bcseg_gui.core.tools.fill import fill
from bcseg_gui.core.tools.wand import wand

from .new_cell import put_cell
from .tool import PLAIN, BaseTool, Canvas, Hand, Point


class _ClickTool(BaseTool):
    name: str
    paints = True

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def press(self, point: Point, hand: Hand = PLAIN) -> None:
        try:
            self._click(point, hand)
        except UserError as error:
            self._canvas.say(sentence(error))

    def _click(self, point: Point, hand: Hand) -> None:
        """Raise UserError."""
        raise NotImplementedError


class WandTool(_ClickTool):
    """Paints the whole cell that is visible under the pointer."""

    name = "wand"

    def sign(self, hand: Hand) -> int:
        return -1 if hand.subtract else 1 if hand.add else 0

    def _click(self, point: Point, hand: Hand) -> None:
        canvas = self._canvas
        found = wand(canvas.read_picture, canvas.whole, point, canvas.cell_diameter, canvas.settings.sensitivity)
        if found is None:
            canvas.say(_("No cell stands out here. Click into one, choose a higher sensitivity, or draw round it."))
        else:
            put_cell(canvas, self.name, *found, point, hand)


class FillTool(_ClickTool):
    """Fills holes and enclosed background, gives a cell the class in hand, or erases it."""

    name = "fill"

    def sign(self, hand: Hand) -> int:
        return -1 if hand.subtract else 0

    def _click(self, point: Point, hand: Hand) -> None:
        canvas = self._canvas
        class_id = 0 if hand.subtract else canvas.settings.class_id
        canvas.apply(self.name, fill(canvas.read_mask, canvas.whole, point, class_id))
