from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF

from bcseg_gui.ui.slide_view.kinetic import KineticPan


class Glide:
    """A drag at 60 moves per second, and the panning it causes."""

    def __init__(self) -> None:
        self.x = self.y = 0
        self.kinetic = KineticPan(self._move)

    def _move(self, dx: int, dy: int) -> None:
        self.x, self.y = self.x + dx, self.y + dy

    def drag(self, dx: float, dy: float, then_hold: float = 0.0) -> None:
        for i in range(10):
            self.kinetic.drag(QPointF(dx * i, dy * i), 100 + i / 60)
        self.kinetic.release(100 + 9 / 60 + then_hold)

    def run(self) -> int:
        """Tick until it stops."""
        for tick in range(1000):
            if not self.kinetic.is_gliding:
                return tick
            self.kinetic.advance(0.016)
        raise AssertionError("it never stands still")


def test_a_flick_glides_on_in_its_direction_and_ends_within_a_second(qapp: object) -> None:
    glide = Glide()
    glide.drag(10, -5)

    assert glide.run() * 0.016 == pytest.approx(0.4, abs=0.15)
    assert glide.x == pytest.approx(600 * 0.12, abs=12)
    assert glide.y == pytest.approx(-glide.x / 2, abs=2)


@pytest.mark.parametrize(
    "drag",
    [
        lambda glide: glide.drag(0.5, 0),
        lambda glide: glide.drag(10, 0, then_hold=0.2),
        lambda glide: glide.kinetic.release(100),
    ],
)
def test_a_slow_or_held_drag_stays_where_it_was_let_go(qapp: object, drag: Callable[[Glide], None]) -> None:
    glide = Glide()
    drag(glide)

    assert not glide.kinetic.is_gliding


def test_it_stops_on_request_and_when_a_drag_begins(qapp: object) -> None:
    glide = Glide()
    glide.drag(10, 0)
    glide.kinetic.stop()
    assert not glide.kinetic.is_gliding

    glide.drag(10, 0)
    glide.kinetic.drag(QPointF(0, 0), 200)
    assert not glide.kinetic.is_gliding


@given(st.floats(0.001, 0.05))
def test_the_way_does_not_depend_on_how_often_it_is_drawn(seconds: float) -> None:
    glide = Glide()
    glide.drag(10, 0)
    while glide.kinetic.is_gliding:
        glide.kinetic.advance(seconds)

    assert glide.x == pytest.approx(600 * 0.12, abs=12)
