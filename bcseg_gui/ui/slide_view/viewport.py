"""Which part of a slide is in view: the arithmetic of zoom, pan and rotation, without Qt.

Two planes: the port, in device-independent pixels from the top left of the widget that shows the slide, and level 0.
Scrolling is by whole device-independent pixels, so that painted pixels can be moved rather than repainted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from bcseg_gui.core.geometry import Point, Region

Place = tuple[float, float]
"""(x, y) in the port"""

LARGEST_ZOOM = 64.0
AIR = 0.98
"""Fraction of the port that a fitted slide fills."""
_TURNS = ((1, 0), (0, 1), (-1, 0), (0, -1))
"""Cosine and sine of 0 to 3 quarter turns."""


class State(NamedTuple):
    """Everything that decides what is in view, and where."""

    scale: float
    offset: tuple[int, int]
    quarter_turns: int
    slide_size: tuple[int, int]
    port_size: tuple[int, int]

    def is_scrolled_from(self, other: State) -> bool:
        """Whether they differ in the offset at most."""
        return self._replace(offset=other.offset) == other


@dataclass(slots=True)
class Viewport:
    """A port onto a slide, which reaches from (0, 0) to `slide_size` in level-0 pixels.

    A level-0 point p is shown at `scale` · R(p) − `offset`, where R rotates by `quarter_turns`.
    """

    slide_size: tuple[int, int] = (0, 0)
    port_size: tuple[int, int] = (1, 1)
    pixel_ratio: float = 1.0
    """Screen pixels per device-independent pixel"""
    scale: float = 1.0
    """Device-independent pixels per level-0 pixel"""
    offset: tuple[int, int] = (0, 0)
    quarter_turns: int = 0
    """Clockwise, 0 to 3"""
    fitted: bool = True
    """Whether to refit the slide when the port changes size"""
    _wheel_anchor: tuple[Place, Point] | None = field(default=None, repr=False, compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether there is no slide."""
        return min(self.slide_size) <= 0

    @property
    def zoom(self) -> float:
        """Screen pixels per level-0 pixel: at 1 every pixel of the slide is one of the screen."""
        return self.scale * self.pixel_ratio

    @property
    def whole(self) -> Region:
        """All of the slide."""
        return Region(0, 0, *self.slide_size)

    @property
    def state(self) -> State:
        return State(self.scale, self.offset, self.quarter_turns, self.slide_size, self.port_size)

    @property
    def middle(self) -> Place:
        """The middle of the port."""
        return (self.port_size[0] / 2, self.port_size[1] / 2)

    # -- planes ---------------------------------------------------------------------------------------------------

    def to_level0(self, place: Place) -> Point:
        """Return the level-0 point at a place of the port."""
        cosine, sine = _TURNS[self.quarter_turns]
        x, y = (place[0] + self.offset[0]) / self.scale, (place[1] + self.offset[1]) / self.scale
        return (cosine * x + sine * y, cosine * y - sine * x)

    def to_port(self, point: Point) -> Place:
        """Return the place of a level-0 point, which may lie outside the port."""
        cosine, sine = _TURNS[self.quarter_turns]
        x, y = self.scale * point[0], self.scale * point[1]
        return (cosine * x - sine * y - self.offset[0], sine * x + cosine * y - self.offset[1])

    def visible_region(self) -> Region:
        """The part of the slide in view; empty when none is."""
        (x0, y0), (x1, y1) = self.to_level0((0.0, 0.0)), self.to_level0(self.port_size)
        x, y = math.floor(min(x0, x1)), math.floor(min(y0, y1))
        seen = Region(x, y, math.ceil(max(x0, x1)) - x, math.ceil(max(y0, y1)) - y)
        return seen.intersected(self.whole)

    def offset_limits(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the smallest and largest offset (x, y).

        Any pixel of the slide can be centred, and none moved further: the slide never leaves the view.
        """
        cosine, sine = _TURNS[self.quarter_turns]
        width, height = self.scale * self.slide_size[0], self.scale * self.slide_size[1]
        across, down = cosine * width - sine * height, sine * width + cosine * height
        (x, y), lowest, highest = self.middle, (min(0.0, across), min(0.0, down)), (max(0.0, across), max(0.0, down))
        return (nearest(lowest[0] - x), nearest(lowest[1] - y)), (nearest(highest[0] - x), nearest(highest[1] - y))

    # -- looking around -------------------------------------------------------------------------------------------

    def show(self, width: int, height: int) -> None:
        """Show a slide of this level-0 size, fitted and unrotated; no slide when it has no area."""
        self.slide_size = (width, height)
        self.quarter_turns = 0
        self.fit()

    def resize(self, width: int, height: int) -> None:
        """Resize the port, and keep its middle, or refit a fitted slide."""
        anchor = self.to_level0(self.middle)
        self.port_size = (width, height)
        if self.fitted:
            self.fit()
        else:
            self._look(self.scale, anchor, self.middle)

    def fit(self) -> None:
        """Show the whole slide, and refit it until the next zoom or pan."""
        if not self.is_empty:
            self._look(self._fitting_scale(), (self.slide_size[0] / 2, self.slide_size[1] / 2), self.middle)
        self.fitted = True

    def look_at(self, region: Region) -> None:
        """Show a level-0 region as large as the port allows."""
        if not self.is_empty:
            scale = min(self._scale_for(region.w, region.h), LARGEST_ZOOM / self.pixel_ratio)
            centre = (region.x + region.w / 2, region.y + region.h / 2)
            self._look(max(scale, self._fitting_scale()), centre, self.middle)

    def center_on(self, point: Point) -> None:
        """Centre on a level-0 point, as far as panning goes."""
        if not self.is_empty:
            (x, y), (middle_x, middle_y) = self.to_port(point), self.middle
            self.pan_by(round(x - middle_x), round(y - middle_y))

    def pan_by(self, dx: int, dy: int) -> None:
        """Move the port over the slide by device-independent pixels, to the right and down."""
        offset = self._limited((self.offset[0] + dx, self.offset[1] + dy))
        if offset != self.offset and not self.is_empty:
            self.offset = offset
            self.fitted = False
            self._wheel_anchor = None

    def rotate(self, quarter_turns: int) -> None:
        """Rotate clockwise about the middle of the port."""
        anchor = self.to_level0(self.middle)
        self.quarter_turns = (self.quarter_turns + quarter_turns) % 4
        if self.fitted:
            self.fit()
        else:
            self._look(self.scale, anchor, self.middle)

    def zoom_by(self, factor: float) -> None:
        """Zoom about the middle of the port."""
        self._zoom(factor, self.middle, self.to_level0(self.middle))

    def zoom_about(self, factor: float, place: Place) -> None:
        """Zoom, and keep the slide's point at `place` where it is."""
        # Scrolling rounds to whole pixels: with the point kept during a turn of the wheel, the errors do not add up.
        anchor = self._wheel_anchor
        if anchor is None or anchor[0] != place:
            anchor = (place, self.to_level0(place))
        self._zoom(factor, *anchor)
        self._wheel_anchor = anchor

    def _zoom(self, factor: float, place: Place, anchor: Point) -> None:
        if not self.is_empty and factor > 0:
            smallest = min(self._fitting_scale(), 1 / self.pixel_ratio) / 2
            largest = LARGEST_ZOOM / self.pixel_ratio
            self._look(min(max(self.scale * factor, smallest), largest), anchor, place)

    def _look(self, scale: float, anchor: Point, place: Place) -> None:
        """Show the level-0 point `anchor` at `place`, as far as panning goes."""
        if self.is_empty:
            return
        self.scale = scale
        self.offset = self._limited(self.offset)
        x, y = self.to_port(anchor)
        self.pan_by(round(x - place[0]), round(y - place[1]))
        self.fitted = False
        self._wheel_anchor = None

    def _limited(self, offset: tuple[int, int]) -> tuple[int, int]:
        (left, top), (right, bottom) = self.offset_limits()
        return (min(max(offset[0], left), right), min(max(offset[1], top), bottom))

    def _fitting_scale(self) -> float:
        return min(self._scale_for(*self.slide_size), LARGEST_ZOOM / self.pixel_ratio)

    def _scale_for(self, level0_width: float, level0_height: float) -> float:
        """Return the scale at which this part of the slide fills the port."""
        across, down = (level0_height, level0_width) if self.quarter_turns % 2 else (level0_width, level0_height)
        # A splitter may squeeze the port to nothing.
        return AIR * min(max(1, self.port_size[0]) / across, max(1, self.port_size[1]) / down)


def nearest(length: float) -> int:
    """Round as Qt does: halves away from zero."""
    return int(length + 0.5) if length >= 0 else int(length - 0.5)
