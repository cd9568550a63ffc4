from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from bcseg_gui.core.geometry import Region, TileKey
from bcseg_gui.core.slides.look import Look
from bcseg_gui.ui.slide_view.slide_tiles import visible_tiles
from bcseg_gui.ui.slide_view.tile_cache import rgb_image
from bcseg_gui.ui.slide_view.tile_loader import TileLoader, level_for_scale


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

    edge = loader.cache.own(TileKey(0, 1, 1))
    assert edge is not None
    assert (edge.width(), edge.height()) == (700 - 512, 600 - 512)
    for x, y in ((0, 0), (187, 87), (40, 3)):
        assert edge.pixelColor(x, y).getRgb()[:3] == tuple(slide.pixels[512 + y, 512 + x])
    whole = loader.cache.own(TileKey(1, 0, 0))
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
    assert loader.cache.own(keys[0]) is not None
    with qtbot.waitSignal(loader.loaded):
        loader.request([keys[2]])

    assert [loader.cache.own(key) is not None for key in keys[:3]] == [True, False, True]
    loader.stop()


def test_the_cache_keeps_all_that_is_on_screen(qtbot: QtBot, make_slide: Callable[..., Any]) -> None:
    loader = TileLoader(make_slide(512 * 4, 512), cache_bytes=1)
    keys = [TileKey(0, 0, col) for col in range(4)]

    with qtbot.waitSignals([loader.loaded] * 4):
        loader.request(keys)

    assert all(loader.cache.own(key) is not None for key in keys)
    loader.stop()


def read_in_vain(qtbot: QtBot, loader: TileLoader, keys: list[TileKey]) -> None:
    with qtbot.waitSignals([loader.missed] * len(keys)):
        loader.request(keys)


def test_an_unreadable_slide_is_reported_once_and_not_tried_again_at_once(
    qtbot: QtBot, make_slide: Callable[..., Any]
) -> None:
    slide = make_slide(1024, 512)
    slide.broken = True
    loader = TileLoader(slide)
    emitted: list[Exception] = []
    loader.failed.connect(emitted.append)
    keys = [TileKey(0, 0, 0), TileKey(0, 0, 1)]
    read_in_vain(qtbot, loader, keys)

    loader.request(keys)
    loader.stop()

    assert [str(error) for error in emitted] == ["“gated” cannot be read."]
    assert len(slide.reads) == 2
    assert all(loader.is_missing(key) for key in keys)


def test_a_drive_that_comes_back_is_noticed_by_itself(qtbot: QtBot, make_slide: Callable[..., Any]) -> None:
    slide = make_slide(1024, 512)
    slide.broken = True
    loader = TileLoader(slide)
    keys = [TileKey(0, 0, 0), TileKey(0, 0, 1)]
    read_in_vain(qtbot, loader, keys)

    slide.broken = False
    with qtbot.waitSignals([loader.recovered, loader.loaded, loader.loaded]):
        loader.retry_timer.timeout.emit()

    assert not any(loader.is_missing(key) for key in keys)
    loader.stop()


def test_it_is_tried_ever_more_rarely_and_soon_again_after_a_recovery(
    qtbot: QtBot, make_slide: Callable[..., Any]
) -> None:
    slide = make_slide(512, 512)
    slide.broken = True
    loader = TileLoader(slide)
    key = TileKey(0, 0, 0)
    read_in_vain(qtbot, loader, [key])
    waits = [loader.retry_timer.interval()]

    for _vain in range(6):
        loader.retry_timer.stop()
        with qtbot.waitSignal(loader.missed):
            loader.retry_timer.timeout.emit()
        assert loader.retry_timer.isActive()
        waits.append(loader.retry_timer.interval())

    assert waits == [2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]
    slide.broken = False
    with qtbot.waitSignal(loader.recovered):
        loader.retry_timer.timeout.emit()
    assert not loader.retry_timer.isActive()
    assert loader.retry_timer.interval() == 2_000
    loader.stop()


def test_a_missing_tile_is_read_at_once_when_asked_for_after_a_success(
    qtbot: QtBot, make_slide: Callable[..., Any]
) -> None:
    slide = make_slide(1024, 512)
    slide.broken = True
    loader = TileLoader(slide)
    missing, other = TileKey(0, 0, 0), TileKey(0, 0, 1)
    read_in_vain(qtbot, loader, [missing])
    slide.broken = False
    with qtbot.waitSignal(loader.loaded):
        loader.request([other])

    with qtbot.waitSignals([loader.loaded, loader.recovered]):
        loader.request([missing])

    assert not loader.is_missing(missing)
    loader.stop()


def test_one_damaged_tile_keeps_no_other_from_being_read_and_is_reported_once(
    qtbot: QtBot, make_slide: Callable[..., Any]
) -> None:
    slide = make_slide(512 * 4, 512)
    slide.damaged_from, slide.damaged_to = 512, 1024
    loader = TileLoader(slide)
    emitted: list[object] = []
    loader.failed.connect(emitted.append)
    loader.recovered.connect(lambda: emitted.append("recovered"))
    keys = [TileKey(0, 0, col) for col in range(4)]

    with qtbot.waitSignals([loader.loaded] * 3 + [loader.missed]):
        loader.request(keys)
    with qtbot.waitSignal(loader.missed):
        loader.request(keys)
    loader.stop()

    assert [loader.is_missing(key) for key in keys] == [False, True, False, False]
    assert [str(error) for error in emitted] == ["“gated” cannot be read."]


def test_tiles_are_shown_turned_and_with_a_look_but_kept_as_they_are(
    qtbot: QtBot, make_slide: Callable[..., Any]
) -> None:
    slide = make_slide(400, 300)
    loader, key, look = TileLoader(slide), TileKey(0, 0, 0), Look(gamma=2)
    with qtbot.waitSignal(loader.loaded):
        loader.request([key])
    plain = loader.cache.bytes

    loader.cache.dress(look, 1)
    shown, own = loader.cache.shown(key), loader.cache.own(key)

    assert shown is not None
    assert own is not None
    assert loader.cache.bytes == 2 * plain
    assert (shown.width(), shown.height()) == (300, 400)
    expected = look.apply(np.rot90(slide.pixels, -1).copy())
    for x, y in ((0, 0), (299, 0), (7, 391)):
        assert shown.pixelColor(x, y).getRgb()[:3] == tuple(expected[y, x])
    assert own.pixelColor(5, 9).getRgb()[:3] == tuple(slide.pixels[9, 5])
    loader.cache.dress(Look(), 0)
    assert loader.cache.bytes == plain
    loader.stop()
