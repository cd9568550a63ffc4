"""A brush's way over a picture, recorded once and painted with real mouse events in any PySide6 program.

Needs PySide6 and numpy alone, so that it runs in the rivals' environments too.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from random import Random

import memory
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget
from walk import wait

STROKES, MOVES = 10, 24
REACH_X, REACH_Y = 250, 180
"""Screen pixels from the middle of the view that the way stays within."""
BETWEEN_MOVES, BETWEEN_STROKES, BETWEEN_UNDOS = 0.016, 0.2, 0.12
"""Seconds; the second is time to look, and for a program to put on disk what it must."""
SHORT_SIDE = 600
"""Screen pixels of the longer side of a picture that is shown whole."""
NEVER_SAVED = 5.0

Way = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Round:
    """How it is painted: `radius` in pixels of the picture, `whole` or at 1:1."""

    radius: int
    whole: bool = False

    def zoom(self, side: int) -> float:
        """Screen pixels a pixel of a picture whose longer side this is."""
        return SHORT_SIDE / side if self.whole else 1.0


ROUNDS = (Round(10), Round(100), Round(1000), Round(100, whole=True), Round(1000, whole=True))


def recorded() -> list[Way]:
    """Strokes as places in screen pixels from the middle of the view: bent, 300 to 1,300 pixels a second."""
    random = Random(7)
    strokes = []
    for _ in range(STROKES):
        x, y = random.uniform(-REACH_X, REACH_X), random.uniform(-REACH_Y, REACH_Y)
        direction, bend, speed = random.uniform(0, math.tau), random.uniform(-0.15, 0.15), random.uniform(300, 1300)
        way = []
        for i in range(MOVES + 1):
            way.append((round(x), round(y)))
            eased = speed * BETWEEN_MOVES * (0.4 + 0.6 * math.sin(math.pi * (i + 1) / (MOVES + 2)))
            x, y = x + eased * math.cos(direction), y + eased * math.sin(direction)
            direction += bend if abs(x) < REACH_X and abs(y) < REACH_Y else 0.8
        strokes.append(way)
    return strokes


@dataclass(slots=True)
class Painted:
    """Milliseconds: from an event to the repaint's end, but for `release`, which is how long it holds the main thread,
    and `saved`, from there until it is on disk."""

    press: list[float] = field(default_factory=list)
    move: list[float] = field(default_factory=list)
    release: list[float] = field(default_factory=list)
    saved: list[float] = field(default_factory=list)
    undo: list[float] = field(default_factory=list)
    redo: list[float] = field(default_factory=list)
    covered: float = 0.0
    """Part of the way that the mask holds afterwards: says that something was painted at all"""
    rss: float = 0.0


class Repaints(QObject):
    """Notes that a place of a widget is painted, or any of it."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.place: QPointF | None = None
        self.seen = False
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if isinstance(event, QPaintEvent):
            around = event.region().boundingRect()
            self.seen = self.seen or self.place is None or around.contains(self.place.toPoint())
        return False


class Canvas:
    """Any program's view that is painted on: `port` takes the events and is repainted.

    With `by_clicks` a stroke begins with a click of the right button and ends with another, as in Cellpose. `saved`
    tells whether all is on disk, where that is not within the release. After `patience` seconds an event counts as one
    that changes nothing on the screen, such as a move whose brush holds all of the window.
    """

    def __init__(
        self,
        port: QWidget,
        *,
        undo: Callable[[], object] | None = None,
        redo: Callable[[], object] | None = None,
        saved: Callable[[], bool] | None = None,
        by_clicks: bool = False,
        patience: float = 1.0,
    ) -> None:
        self._port = port
        self._undo, self._redo, self._saved = undo, redo, saved
        self._by_clicks, self._patience = by_clicks, patience
        self._repaints = Repaints(port)

    def play(self, strokes: Sequence[Way], seconds: float = 20.0, undone: int = STROKES) -> Painted:
        """The strokes, as many as there is time for, then so many of them undone and done again."""
        painted, begun = Painted(), time.perf_counter()
        for stroke in strokes:
            if time.perf_counter() - begun > seconds:
                break
            wait(BETWEEN_STROKES)
            self._stroke(stroke, painted, begun + seconds)
        for times, step in ((painted.undo, self._undo), (painted.redo, self._redo)):
            for _ in range(min(undone, len(painted.press)) if step is not None else 0):
                wait(BETWEEN_UNDOS)
                taken = self._until_painted(step, None)[1]  # wherever the stroke was not covered by others
                if self._repaints.seen:  # else it changed nothing
                    times.append(taken)
        painted.rss = memory.rss()
        return painted

    def _stroke(self, way: Way, painted: Painted, until: float) -> None:
        place = self._place(way[0])
        self._send(QEvent.Type.MouseMove, place, pressed=False)
        wait(BETWEEN_MOVES)
        painted.press.append(self._until_painted(lambda: self._begin(place), place)[1])
        due = time.perf_counter()
        for offset in way[1:]:
            due = max(due + BETWEEN_MOVES, time.perf_counter())
            wait(due - time.perf_counter())
            place = self._place(offset)
            painted.move.append(self._until_painted(lambda at=place: self._move(at), place)[1])
            if time.perf_counter() > until:
                break
        released = time.perf_counter()
        self._end(place)
        painted.release.append((time.perf_counter() - released) * 1000)
        if self._saved is not None:
            released = time.perf_counter()
            while not self._saved() and time.perf_counter() - released < NEVER_SAVED:
                QCoreApplication.processEvents()
                time.sleep(0.0002)
            painted.saved.append((time.perf_counter() - released) * 1000)

    def _place(self, offset: tuple[int, int]) -> QPointF:
        return QPointF(self._port.width() // 2 + offset[0], self._port.height() // 2 + offset[1])

    def _until_painted(self, act: Callable[[], object], place: QPointF | None) -> tuple[float, float]:
        """Milliseconds that `act` took, and until `place`, or any, was repainted; the former where nothing is."""
        self._repaints.place, self._repaints.seen = place, False
        started = time.perf_counter()
        act()
        acted = time.perf_counter() - started
        while True:
            QCoreApplication.processEvents()
            taken = time.perf_counter() - started
            if self._repaints.seen:
                return acted * 1000, taken * 1000
            if taken > acted + self._patience:
                break
            time.sleep(0.0002)
        return acted * 1000, acted * 1000

    def _begin(self, place: QPointF) -> None:
        self._send(QEvent.Type.MouseButtonPress, place)
        if self._by_clicks:
            self._send(QEvent.Type.MouseButtonRelease, place)

    def _move(self, place: QPointF) -> None:
        self._send(QEvent.Type.MouseMove, place, pressed=not self._by_clicks)

    def _end(self, place: QPointF) -> None:
        if self._by_clicks:
            self._send(QEvent.Type.MouseButtonPress, place)
        self._send(QEvent.Type.MouseButtonRelease, place)

    def _send(self, kind: QEvent.Type, place: QPointF, *, pressed: bool = True) -> None:
        button = Qt.MouseButton.RightButton if self._by_clicks else Qt.MouseButton.LeftButton
        none = Qt.MouseButton.NoButton
        caused = none if kind == QEvent.Type.MouseMove else button
        held = button if pressed and kind != QEvent.Type.MouseButtonRelease else none
        event = QMouseEvent(
            kind, place, QPointF(self._port.mapToGlobal(place)), caused, held, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(self._port, event)


def way_in_picture(strokes: Sequence[Way], side: tuple[int, int], zoom: float) -> list[tuple[int, int]]:
    """Pixels (x, y) of the picture, which is centred in the view, that the way leads over."""
    w, h = side
    places = [(int(w / 2 + x / zoom), int(h / 2 + y / zoom)) for stroke in strokes for x, y in stroke]
    return [(x, y) for x, y in places if 0 <= x < w and 0 <= y < h]


def told(round_: Round, painted: Painted) -> dict[str, object]:
    """Ready for JSON."""
    return asdict(round_) | asdict(painted)
