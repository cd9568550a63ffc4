from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from bcseg_gui.core.geometry import Region, TileKey
from bcseg_gui.ui.slide_view.slide_layer import visible_tiles
from bcseg_gui.ui.slide_view.tile_loader import TileLoader, level_for_scale, rgb_image


@pytest.mark.parametrize(("scale", "level"), [(8, 0), (1, 0), (0.51, 0), (0.5, 1), (0.26, 1), (0.25, 2), (0.001, 9)])
def test_a_level_has_at_least_a_pixel_for_each_of_the_screen(scale: float, level: int) -> None:
    assert level_for_scale(scale) == level


def test_tiles_come_from_the_middle_outwards() -> None:
    keys = visible_tiles(Region(0, 0, 512 * 5, 512 * 3), 1, 5)

    assert len(keys) == 15
    assert keys[0] == TileKey(0, 1, 2)
    assert {(key.row, key.col) for key in keys[-4:]} == {(0, 0), (0, 4), (2, 0), (2, 4)}


def test_a_coarser_level_than_the_whole_slide_in_one_tile_is_never_used() -> None:
    assert visible_tiles(Region(0, 0, 1000, 700), 0.01, 1) == [TileKey(1, 0, 0)]


def test_a_tile_shows_the_slides_own_pixels(qtbot: QtBot, make_slide: Callable[..., Any]) -> None:
    slide = make_slide(700, 600)
    loader = TileLoader(slide)

    with qtbot.waitSignals([loader.loaded] * 2):
        loader.request([TileKey(0, 1, 1), TileKey(1, 0, 0)])

    edge = loader.get(TileKey(0, 1, 1))
    assert edge is not None
    assert (edge.width(), edge.height()) == (700 - 512, 600 - 512)
    for x, y in ((0, 0), (187, 87), (40, 3)):
        assert edge.pixelColor(x, y).getRgb()[:3] == tuple(slide.pixels[512 + y, 512 + x])
    whole = loader.get(TileKey(1, 0, 0))
    assert whole is not None
    assert (whole.width(), whole.height()) == (350, 300)
    loader.stop()


def test_red_stays_red() -> None:
    assert rgb_image(np.full((2, 3, 3), (200, 100, 50), np.uint8)).pixelColor(1, 1).getRgb() == (200, 100, 50, 255)


def test_tiles_no_longer_wanted_are_not_read(qtbot: QtBot, make_slide: Callable[..., Any]) -> None:
    slide = make_slide(512 * 6, 512)
    slide.gate.clear()
    loader = TileLoader(slide)
    loader.request([TileKey(0, 0, col) for col in range(5)])
    qtbot.waitUntil(lambda: slide.reading == 2)

    loader.request([TileKey(0, 0, 5)])
    with qtbot.waitSignals([loader.loaded] * 3):
        slide.gate.set()

    assert sorted(x // 512 for x, _y in slide.reads) == [0, 1, 5]
    loader.stop()


def test_a_tile_being_read_is_not_read_twice(qtbot: QtBot, make_slide: Callable[..., Any]) -> None:
    slide = make_slide(512, 512)
    slide.gate.clear()
    loader = TileLoader(slide)
    loader.request([TileKey(0, 0, 0)])
    qtbot.waitUntil(lambda: slide.reading == 1)

    loader.request([TileKey(0, 0, 0)])
    with qtbot.waitSignal(loader.loaded):
        slide.gate.set()
    loader.request([TileKey(0, 0, 0)])
    loader.stop()

    assert len(slide.reads) == 1


def test_the_cache_drops_what_was_not_seen_for_longest(qtbot: QtBot, make_slide: Callable[..., Any]) -> None:
    loader = TileLoader(make_slide(512 * 4, 512), cache_bytes=2 * 4 * 512**2)
    keys = [TileKey(0, 0, col) for col in range(4)]

    for key in keys[:2]:
        with qtbot.waitSignal(loader.loaded):
            loader.request([key])
    assert loader.get(keys[0]) is not None
    with qtbot.waitSignal(loader.loaded):
        loader.request([keys[2]])

    assert [loader.get(key) is not None for key in keys[:3]] == [True, False, True]
    loader.stop()


def test_the_cache_keeps_all_that_is_on_screen(qtbot: QtBot, make_slide: Callable[..., Any]) -> None:
    loader = TileLoader(make_slide(512 * 4, 512), cache_bytes=1)
    keys = [TileKey(0, 0, col) for col in range(4)]

    with qtbot.waitSignals([loader.loaded] * 4):
        loader.request(keys)

    assert all(loader.get(key) is not None for key in keys)
    loader.stop()


def test_an_unreadable_slide_is_told_once_and_not_tried_again(qtbot: QtBot, make_slide: Callable[..., Any]) -> None:
    slide = make_slide(1024, 512)
    slide.broken = True
    loader = TileLoader(slide)
    told: list[Exception] = []
    loader.failed.connect(told.append)
    keys = [TileKey(0, 0, 0), TileKey(0, 0, 1)]

    with qtbot.waitSignal(loader.failed):
        loader.request(keys)
    qtbot.waitUntil(lambda: len(slide.reads) == 2)
    loader.stop()
    qtbot.waitUntil(lambda: len(loader._unreadable) == 2)
    loader.request(keys)
    loader.stop()

    assert [str(error) for error in told] == ["“gated” cannot be read."]
    assert len(slide.reads) == 2
