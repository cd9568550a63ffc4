"""The arithmetic of the viewport for any slide, port, screen, zoom and rotation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.core.geometry import Region
from bcseg_gui.ui.slide_view.viewport import AIR, LARGEST_ZOOM, Viewport

sides = st.integers(1, 200_000)
ratios = st.sampled_from((1.0, 1.25, 1.5, 2.0, 3.0))
factors = st.floats(1e-4, 1e4)


@st.composite
def viewports(draw: st.DrawFn) -> Viewport:
    """A viewport onto a slide rotated, zoomed and panned at random."""
    port = draw(st.integers(60, 4000)), draw(st.integers(60, 3000))
    viewport = Viewport(port_size=port, pixel_ratio=draw(ratios))
    viewport.show(draw(sides), draw(sides))
    viewport.rotate(draw(st.integers(-5, 5)))
    for _step in range(draw(st.integers(0, 3))):
        viewport.zoom_about(draw(factors), draw(places(viewport)))
        viewport.pan_by(draw(st.integers(-9999, 9999)), draw(st.integers(-9999, 9999)))
    viewport.rotate(0)  # or the wheel would keep zooming about the previous point
    return viewport


def places(viewport: Viewport) -> st.SearchStrategy[tuple[float, float]]:
    width, height = viewport.port_size
    return st.tuples(st.floats(0, width), st.floats(0, height))


@given(viewports(), st.data())
def test_points_survive_the_way_to_the_other_plane_and_back(viewport: Viewport, data: st.DataObject) -> None:
    place = data.draw(places(viewport))
    point = data.draw(st.tuples(st.floats(0, viewport.slide_size[0]), st.floats(0, viewport.slide_size[1])))

    largest = max(*viewport.slide_size, *viewport.port_size)
    assert viewport.to_port(viewport.to_level0(place)) == pytest.approx(place, abs=1e-9 * largest * viewport.scale)
    assert viewport.to_level0(viewport.to_port(point)) == pytest.approx(point, abs=1e-9 * largest)


@given(viewports(), factors, st.data())
def test_zooming_keeps_the_point_it_zooms_about(viewport: Viewport, factor: float, data: st.DataObject) -> None:
    place = data.draw(places(viewport))
    point = viewport.to_level0(place)
    viewport.zoom_about(factor, place)

    # To half a device-independent pixel, unless panning is at its limit.
    (left, top), (right, bottom) = viewport.offset_limits()
    if left < viewport.offset[0] < right:
        assert abs(viewport.to_port(point)[0] - place[0]) <= 0.5 + 1e-6 * viewport.scale
    if top < viewport.offset[1] < bottom:
        assert abs(viewport.to_port(point)[1] - place[1]) <= 0.5 + 1e-6 * viewport.scale


@given(viewports(), st.lists(st.sampled_from((1.25, 0.8)), max_size=40), st.data())
def test_turns_of_the_wheel_do_not_add_up_rests(viewport: Viewport, turns: list[float], data: st.DataObject) -> None:
    place = data.draw(places(viewport))
    point = viewport.to_level0(place)
    for factor in turns:
        viewport.zoom_about(factor, place)
        (left, top), (right, bottom) = viewport.offset_limits()
        x, y = viewport.to_port(point)
        assert not left < viewport.offset[0] < right or abs(x - place[0]) <= 0.5 + 1e-6 * viewport.scale
        assert not top < viewport.offset[1] < bottom or abs(y - place[1]) <= 0.5 + 1e-6 * viewport.scale


@given(viewports(), st.integers(-(10**7), 10**7), st.integers(-(10**7), 10**7))
def test_the_slide_is_never_lost_from_sight(viewport: Viewport, dx: int, dy: int) -> None:
    viewport.pan_by(dx, dy)

    assert not viewport.visible_region().is_empty
    x, y = viewport.to_level0(viewport.middle)
    slack = 1 / viewport.scale
    assert -slack <= x <= viewport.slide_size[0] + slack
    assert -slack <= y <= viewport.slide_size[1] + slack


@given(viewports(), st.integers(60, 4000), st.integers(60, 3000))
def test_another_size_of_the_window_loses_nothing(viewport: Viewport, width: int, height: int) -> None:
    was_fitted, scale = viewport.fitted, viewport.scale
    viewport.resize(width, height)

    assert viewport.fitted == was_fitted
    assert not viewport.visible_region().is_empty
    if was_fitted:
        assert viewport.visible_region() == viewport.whole
    else:
        assert viewport.scale == scale


@given(viewports())
def test_fitted_it_shows_all_and_as_large_as_it_goes(viewport: Viewport) -> None:
    viewport.fit()

    assert viewport.fitted
    assert viewport.visible_region() == viewport.whole
    across, down = viewport.slide_size[:: -1 if viewport.quarter_turns % 2 else 1]
    largest = min(viewport.port_size[0] / across, viewport.port_size[1] / down)
    assert viewport.scale == pytest.approx(min(AIR * largest, LARGEST_ZOOM / viewport.pixel_ratio))


@given(viewports(), factors)
def test_zoom_has_ends(viewport: Viewport, factor: float) -> None:
    viewport.fit()
    fitting = viewport.zoom
    viewport.zoom_by(factor)

    assert min(fitting, 1) / 2 * (1 - 1e-9) <= viewport.zoom <= LARGEST_ZOOM * (1 + 1e-9)


@given(viewports(), st.data())
def test_a_region_looked_at_is_in_view(viewport: Viewport, data: st.DataObject) -> None:
    width, height = viewport.slide_size
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    region = Region(x, y, data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y)))
    viewport.look_at(region)

    assert region.intersected(viewport.visible_region()) == region
    assert not viewport.fitted


@given(viewports())
def test_four_quarters_are_a_whole_turn(viewport: Viewport) -> None:
    turns, scale = viewport.quarter_turns, viewport.scale
    viewport.pan_by(1, 1)
    was_fitted = viewport.fitted
    for _quarter in range(4):
        viewport.rotate(1)

    assert viewport.quarter_turns == turns
    assert was_fitted or viewport.scale == scale


def test_without_a_slide_nothing_moves() -> None:
    viewport = Viewport(port_size=(800, 600))
    viewport.zoom_by(2)
    viewport.zoom_about(2, (5, 5))
    viewport.look_at(Region(1, 2, 3, 4))
    viewport.center_on((10, 10))
    viewport.pan_by(7, 7)
    viewport.resize(700, 500)
    viewport.fit()

    assert (viewport.scale, viewport.offset) == (1.0, (0, 0))
    assert viewport.visible_region().is_empty


def test_panning_that_moves_nothing_leaves_a_slide_fitted() -> None:
    viewport = Viewport(port_size=(800, 600))
    viewport.show(1600, 1200)
    viewport.pan_by(0, 0)
    assert viewport.fitted
    viewport.pan_by(3, 0)
    assert not viewport.fitted
