"""A slide too large for one picture, in the real program: a lasso, stopping, going on another day, review of a part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.synthetic.smear import make_smear
from bcseg_gui.session import document as document_module
from bcseg_gui.ui.main_window import MainWindow

SIZE = (4400, 2000)
DIAMETER = 42.0
"""Of the slide's cells, px; the tiny model halves it, so that a block is 1,792 px wide."""


@pytest.fixture
def slide_path(tmp_path: Path) -> Path:
    """Cells on the left, empty glass on the right, two levels."""
    field = make_smear(1100, 1000, seed=3, cell_diameter=DIAMETER).image
    pixels = np.full((SIZE[1], SIZE[0], 3), 250, np.uint8)
    for x in (0, 1100):
        for y in (0, 1000):
            pixels[y : y + 1000, x : x + 1100] = field
    path = tmp_path / "ward.tif"
    scale = {"resolution": (1e4 / (7.5 / DIAMETER),) * 2, "resolutionunit": "CENTIMETER"}
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(pixels, tile=(256, 256), photometric="rgb", compression="zlib", metadata=None, **scale)
        tiff.write(
            pixels[::2, ::2], tile=(256, 256), photometric="rgb", compression="zlib", subfiletype=1, metadata=None
        )
    return path


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the slide of this test need not be of gigapixels."""
    monkeypatch.setattr(document_module, "LARGEST_PICTURE", 1_000_000)


def choose(window: MainWindow, key: str) -> None:
    action = window.actions_[key]
    assert action.isEnabled(), key
    action.trigger()


def drag(qtbot: QtBot, window: MainWindow, *points: tuple[int, int]) -> None:
    port = window.view.viewport()
    places = [window.view.mapFromScene(*point) for point in points]
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=places[0])
    for place in places[1:]:
        qtbot.mouseMove(port, place)
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=places[-1])


def pixels(window: MainWindow, region: Region) -> np.ndarray:
    document = window.session.document
    assert document is not None
    assert document.mask is not None
    return document.mask.read(region)


def test_what_the_lasso_holds_is_segmented(qtbot: QtBot, run_main: Callable[..., None], slide_path: Path) -> None:
    def script(window: MainWindow) -> None:
        qtbot.waitUntil(lambda: window.session.document is not None)
        choose(window, "select_lasso")
        drag(qtbot, window, (300, 300), (1500, 300), (1500, 1500), (900, 1500))
        choose(window, "segment")
        qtbot.waitUntil(lambda: not window.session.document.segmenting)
        assert pixels(window, Region(1350, 400, 100, 100)).any()
        assert not pixels(window, Region(310, 1200, 200, 300)).any(), "left of the slanted side"
        assert not pixels(window, Region(1600, 0, 2800, 2000)).any()
        choose(window, "reviewed")
        assert [region.x for region in window.session.reviewing.regions] == [pytest.approx(300, abs=20)]
        choose(window, "select_nothing")
        assert not window.actions_["segment_selection"].isEnabled()

    run_main([str(slide_path)], script)


def test_a_whole_slide_goes_on_where_it_was_stopped(
    qtbot: QtBot, run_main: Callable[..., None], slide_path: Path
) -> None:
    whole = Region(0, 0, *SIZE)
    results: list[np.ndarray] = []

    def stop_after_a_block(window: MainWindow) -> None:
        document = window.session.document
        choose(window, "segment_whole")
        qtbot.waitUntil(lambda: document.mask is not None and document.mask.unfinished_run is not None)
        qtbot.waitUntil(lambda: bool(document.mask.unfinished_run.finished))
        document.stream.cancel()
        qtbot.waitUntil(lambda: not document.segmenting)
        assert "is kept" in window.messages.text
        assert window.session.segmenting.percent_done

    def go_on(window: MainWindow) -> None:
        document = window.session.document
        assert document.stream.unfinished is not None, "the program was closed meanwhile"
        choose(window, "resume")
        qtbot.waitUntil(lambda: not document.segmenting)
        assert document.stream.unfinished is None
        assert document.stream.empty_regions, "the glass on the right was left out"
        results.append(pixels(window, whole))
        choose(window, "undo")
        choose(window, "undo")
        assert not pixels(window, whole).any()

    def in_one_go(window: MainWindow) -> None:
        choose(window, "segment_whole")
        qtbot.waitUntil(lambda: not window.session.document.segmenting)
        results.append(pixels(window, whole))

    for script in (stop_after_a_block, go_on, in_one_go):
        run_main([str(slide_path)], lambda window, script=script: opened(qtbot, window, script))
    assert results[0].any()
    assert (results[0] == results[1]).all()


def opened(qtbot: QtBot, window: MainWindow, script: Callable[[MainWindow], None]) -> None:
    qtbot.waitUntil(lambda: window.session.document is not None)
    script(window)
