"""Whether ten thousand strokes cost memory or make anything slow.

    python benchmarks/edits.py [STROKES]

Paints them with mouse events in the real window, undoes and redoes some, lists them and opens the mask again. Writes
its table into RESULTS.md. Offscreen unless QT_QPA_PLATFORM says otherwise; takes about four minutes.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import memory
import numpy as np
from painting import Canvas, Painted
from PySide6.QtCore import QCoreApplication, QPointF
from report import write_section
from viewer import slide_of
from walk import wait

from bcseg_gui import app
from bcseg_gui.core import i18n
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask
from bcseg_gui.session.document import Document
from bcseg_gui.ui.main_window import MainWindow

SIDE = 40_000
STEPS = 100
"""Undone and done again at each count"""
CACHED = 300
"""Strokes, each in a place of its own, that fill what keeps tiles at hand"""
IN_A_PLACE = 25
"""Strokes painted until the view goes elsewhere"""
NOTE = """The real window on a slide of {side:,}², at 1:1: strokes of three moves with brushes of radius 3 to 60 px,
at a new place of the slide every {place} strokes, as mouse events one after the other. Memory: resident, once all is
on disk. Undo and redo: {steps} of each, by the menu's action until the window has been repainted. List: all edits,
with who did what and when. Open: the mask of the closed picture."""


def main() -> None:
    strokes = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    counts = [strokes // 100, strokes // 10, strokes]
    rows = [("strokes", "MB", "undo median / p95 ms", "redo median / p95 ms", "list ms", "open ms", "file MB")]
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(HOME=home, XDG_CONFIG_HOME=home, XDG_DATA_HOME=home)
        path = Path(shutil.copy(slide_of(SIDE), home))
        i18n.install("en")
        application = app.make_application("en")
        running = app.Running(app.Options())
        window = running.window
        window.show()
        wait(5)
        window.operations.files.open_paths([path])
        document = window.session.document
        assert document is not None
        window.session.tools.choose_tool("brush")
        window.view.actual_pixels()
        random, painter = Random(3), Painter(window)
        painter.paint(random, CACHED, in_a_place=1)
        for done, count in zip([0, *counts], counts, strict=False):
            painter.paint(random, count - done)
            rows.append((f"{count:,}", *measured(window, document)))
            print(" | ".join(rows[-1]), flush=True)
        window.close()
        application.processEvents()
    growth = float(rows[-1][1]) - float(rows[1][1])
    note = NOTE.format(side=SIDE, place=IN_A_PLACE, steps=STEPS).replace("\n", " ")
    write_section("Ten thousand edits", rows, f"{note} Growth from the first row to the last: {growth:.0f} MB.")


class Painter(Canvas):
    def __init__(self, window: MainWindow) -> None:
        super().__init__(window.view.viewport(), patience=0.0)
        self._window = window

    def paint(self, random: Random, strokes: int, in_a_place: int = IN_A_PLACE) -> None:
        view, tools = self._window.view, self._window.session.tools
        reach_x, reach_y = view.viewport().width() / 2 - 90, view.viewport().height() / 2 - 90
        for number in range(strokes):
            if number % in_a_place == 0:
                view.center_on(QPointF(random.uniform(0.2, 0.8) * SIDE, random.uniform(0.2, 0.8) * SIDE))
                QCoreApplication.processEvents()
            tools.set_brush_radius(random.uniform(3, 60))
            x, y = random.uniform(-reach_x, reach_x), random.uniform(-reach_y, reach_y)
            way = [(round(x), round(y))]
            for _ in range(3):
                way.append((way[-1][0] + random.randint(-25, 25), way[-1][1] + random.randint(-25, 25)))
            self._begin(self._place(way[0]))
            for offset in way[1:]:
                self._move(self._place(offset))
                QCoreApplication.processEvents()
            self._end(self._place(way[-1]))


def measured(window: MainWindow, document: Document) -> tuple[str, ...]:
    mask = document.needed_mask()
    mask.flush()
    wait(1)
    mb = memory.rss()
    canvas, turned = Canvas(window.view.viewport(), patience=0.01), Painted()
    for times, key in ((turned.undo, "undo"), (turned.redo, "redo")):
        for _ in range(STEPS):
            times.append(canvas._until_painted(window.actions_[key].trigger, None)[1])
            wait(0.02)
    listed = milliseconds(document.edits)
    mask.flush()
    project = window.session.home.needed_project()
    entry = project.find(document.path)
    assert entry is not None
    file = project.mask_path(entry)
    opened = milliseconds(lambda: _opened(file, mask.dimensions))
    return (
        *(f"{mb:.0f}", both(turned.undo), both(turned.redo), f"{listed:.1f}", f"{opened:.0f}"),
        f"{file.stat().st_size / 1e6:.0f}",
    )


def _opened(file: Path, dimensions: tuple[int, int]) -> None:
    with tempfile.TemporaryDirectory() as folder, Mask.open(Path(shutil.copy(file, folder)), dimensions) as mask:
        mask.read(Region(0, 0, 1, 1))


def milliseconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def both(times: list[float]) -> str:
    return "{:.1f} / {:.1f}".format(*np.percentile(times, [50, 95]))


if __name__ == "__main__":
    main()
