"""The real program, painting, undoing and redoing at random until it is killed. `python kill_driver.py PICTURE SEED`

A plain array is painted beside the mask. Printed are, for the one who kills it, states of that array (a checksum, and
how many edits are done and known):

    start STATE        of the mask as it was found
    doing K STATE      operation K is about to be finished, after which this is the state
    lifted K           the pen is up; K operations are finished
    saved K            the program says that these are on disk
"""

from __future__ import annotations

import random
import sys
import zlib
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bcseg_gui.app import main
from bcseg_gui.compute.client import ComputeClient
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MANUAL, EditState
from bcseg_gui.core.tools.change import Change
from bcseg_gui.session.document import Document
from bcseg_gui.session.session import Session
from bcseg_gui.ui.main_window import MainWindow

Pixels = NDArray[np.uint8]
LEFT = Qt.MouseButton.LeftButton


class Shadow:
    """What the mask should be: listens to what the tools paint on the document, and paints it into an array."""

    def __init__(self, document: Document) -> None:
        mask = document.needed_mask()
        self._document = document
        self.pixels = mask.read(document.whole)
        self._before = self.pixels.copy()
        self._done: list[tuple[Pixels, Pixels]] = []
        self._undone: list[tuple[Pixels, Pixels]] = []
        self._done_before = sum(edit.state is EditState.DONE for edit in mask.edits())
        self._edits = len(mask.edits())
        self._class_id = 0
        self._drawing = False
        self.operations = 0
        self._paint, self._begin, self._end = document.paint, document.begin_stroke, document.end_stroke
        for name, heard in (("paint", self.paint), ("begin_stroke", self.begin), ("end_stroke", self.end)):
            setattr(document, name, heard)
        print("start", self.state(), flush=True)

    def state(self) -> str:
        return f"{zlib.crc32(self.pixels.data)}/{self._done_before + len(self._done)}/{self._edits}"

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def begin(self, tool: str, class_id: int) -> None:
        self._begin(tool, class_id)
        self._class_id, self._drawing = class_id, True
        say_saved(self._document, self)  # a stroke has begun: what was before is on disk

    def paint(self, region: Region, where: NDArray[np.bool_]) -> None:
        self._paint(region, where)
        inside = region.intersected(self._document.whole)
        class_id = getattr(self._document, "_stroke_class", self._class_id)
        self.pixels[inside.slices_in(self._document.whole)][where[inside.slices_in(region)]] = class_id | MANUAL

    def end(self) -> None:
        if self._drawing:
            self._drawing = False
            if not np.array_equal(self._before, self.pixels):
                self._done.append((self._before, self.pixels.copy()))
                self._undone.clear()
                self._edits += 1
                self._before = self.pixels.copy()
            self.announce()
        self._end()

    def turn(self, *, back: bool) -> None:
        source, target = (self._done, self._undone) if back else (self._undone, self._done)
        target.append(source.pop())
        self._before = target[-1][0 if back else 1]
        self.pixels = self._before.copy()
        self.announce()

    def announce(self) -> None:
        self.operations += 1
        print("doing", self.operations, self.state(), flush=True)


def say_saved(document: Document, shadow: Shadow) -> None:
    if document.is_saved:
        print("saved", shadow.operations, flush=True)


class Person:
    """Does one thing after another, most often at once, sometimes after a moment."""

    def __init__(self, window: MainWindow, seed: int) -> None:
        document = window.session.document
        assert document is not None
        self._window, self._document, self._random = window, document, random.Random(seed)
        self._shadow = Shadow(document)
        document.saved.connect(lambda: say_saved(document, self._shadow))

    def act(self) -> None:
        what = self._random.choices(["brush", "eraser", "apply", "undo", "redo"], [10, 3, 2, 4, 3])[0]
        if what == "undo" and self._shadow.can_undo:
            self._shadow.turn(back=True)
            self._window.actions_["undo"].trigger()
        elif what == "redo" and self._shadow.can_redo:
            self._shadow.turn(back=False)
            self._window.actions_["redo"].trigger()
        elif what == "apply":
            self._document.apply("fill", [self._change(class_id) for class_id in (2, 3)])
        else:
            self._draw("eraser" if what == "eraser" else "brush")
        print("lifted", self._shadow.operations, flush=True)
        QTimer.singleShot(self._random.choice([0, 0, 0, 1, 3, 10, 30]), self.act)

    def _draw(self, tool: str) -> None:
        self._window.actions_[tool].trigger()
        self._window.session.tools.set_brush_radius(self._random.choice([1.0, 4.0, 12.0, 60.0]))
        port = self._window.view.viewport()
        QTest.mousePress(port, LEFT, pos=self._place())
        for _ in range(self._random.randint(0, 4)):
            QTest.mouseMove(port, self._place())
        QTest.mouseRelease(port, LEFT, pos=self._place())

    def _place(self) -> QPoint:
        whole = self._document.whole
        return self._window.view.mapFromScene(
            QPoint(self._random.randrange(20, whole.w - 20), self._random.randrange(20, whole.h - 20))
        )

    def _change(self, class_id: int) -> Change:
        w, h = self._random.randint(1, 90), self._random.randint(1, 90)
        region = Region(
            self._random.randint(-9, self._document.whole.w), self._random.randint(-9, self._document.whole.h), w, h
        )
        return Change(region, np.random.default_rng(self._random.randrange(99)).random((h, w)) < 0.7, class_id)


def begin(seed: int) -> None:
    window = next((each for each in QApplication.topLevelWidgets() if isinstance(each, MainWindow)), None)
    if window is None or window.session.document is None:
        QTimer.singleShot(10, lambda: begin(seed))
        return
    window.actions_["brush"].trigger()
    QTimer.singleShot(0, Person(window, seed).act)


if __name__ == "__main__":
    # No model is needed, and loading it would take most of the time.
    with patch.object(ComputeClient, "start"), patch.object(Session, "warm_up"):
        QApplication([])
        QTimer.singleShot(0, lambda: begin(int(sys.argv[2])))
        sys.exit(main(sys.argv[1:2]))
