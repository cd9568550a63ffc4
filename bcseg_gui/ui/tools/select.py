"""Tools that select a part of the slide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from .tool import PLAIN, BaseTool, Hand, Point

CLICK = 4.0
"""A shorter drag is a click and selects nothing, device-independent pixels."""
STEP = 2.0
"""Distance between two points of a lasso, device-independent pixels."""
STRAIGHT = 0.6
"""Tolerance of a lasso's simplified outline, device-independent pixels."""


class Selector(Protocol):
    """Where a selection can be made; outlines are level-0 corners."""

    @property
    def selection(self) -> tuple[tuple[int, int], ...]: ...

    @property
    def pixel(self) -> float:
        """Level-0 pixels per device-independent pixel."""

    def set_selection(self, outline: Sequence[Point]) -> None: ...

    def show_selection(self, outline: Sequence[Point]) -> None:
        """Draw an outline in the making."""


class _SelectTool(BaseTool):
    """Selects by a drag; a click selects nothing."""

    name: str

    def __init__(self, selector: Selector) -> None:
        self._selector = selector
        self._way: list[Point] = []

    def press(self, point: Point, hand: Hand = PLAIN) -> None:
        self._way = [point]

    def move(self, point: Point, hand: Hand = PLAIN) -> None:
        if self._way:
            self._add(point)
            self._selector.show_selection(self._outline())

    def release(self, point: Point) -> None:
        if self._way:
            self._add(point)
            is_click = max(math.dist(self._way[0], other) for other in self._way) < CLICK * self._selector.pixel
            outline = [] if is_click else self._outline()
            self._way = []
            self._selector.set_selection(outline)

    def settle(self) -> bool:
        given_up = bool(self._way)
        self.abort()
        return given_up

    def abort(self) -> None:
        self._way = []
        self._selector.show_selection(self._selector.selection)

    def _add(self, point: Point) -> None:
        raise NotImplementedError

    def _outline(self) -> list[Point]:
        raise NotImplementedError


class SelectRectangleTool(_SelectTool):
    """Selects a rectangle from corner to corner."""

    name = "select_rectangle"

    def _add(self, point: Point) -> None:
        self._way[1:] = [point]

    def _outline(self) -> list[Point]:
        (x0, y0), (x1, y1) = self._way[0], self._way[-1]
        left, top, right, bottom = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
        return [(left, top), (right, top), (right, bottom), (left, bottom)]


class SelectLassoTool(_SelectTool):
    """Selects what the pointer's path encloses."""

    name = "select_lasso"

    def _add(self, point: Point) -> None:
        if math.dist(self._way[-1], point) >= STEP * self._selector.pixel:
            self._way.append(point)

    def _outline(self) -> list[Point]:
        return simplified(self._way, STRAIGHT * self._selector.pixel)


def simplified(way: Sequence[Point], tolerance: float) -> list[Point]:
    """Drop points that lie within `tolerance` level-0 pixels of a line between others."""
    # Relative to the start: single precision would move points of a large slide.
    x0, y0 = way[0]
    kept = cv2.approxPolyDP(np.array([(x - x0, y - y0) for x, y in way], np.float32), tolerance, closed=False)
    return [(float(x) + x0, float(y) + y0) for x, y in kept[:, 0]]
