"""A walk over a slide, recorded once and played with real events in any PySide6 program, and the stopwatches beside it.

Needs PySide6 and numpy alone, so that it runs in the rivals' environments too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Literal

import memory
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

QUIET = 1.0
"""Seconds without a change on the screen after which the picture counts as sharp since its last change."""
PATIENCE = 120.0
TICK = 0.010
NOTCH = 120
NO_PAINT = 1.0
"""Seconds after which an event counts as one that changes nothing, such as a wheel turned at the largest zoom."""

Kind = Literal["wheel", "press", "move", "release", "fit", "rest"]


@dataclass(frozen=True, slots=True)
class Step:
    """One event, `pause` seconds after the one before, at (x, y) in parts of the view's size."""

    kind: Kind
    pause: float
    x: float = 0.5
    y: float = 0.5
    notches: int = 0


def recorded(depth: int) -> Iterator[Step]:
    """Without end: in to twice the pixels in `depth` notches of the wheel, drags, flicks, and out again."""
    random = Random(4)
    while True:
        yield Step("fit", 0.5)
        x, y = random.uniform(0.3, 0.7), random.uniform(0.3, 0.7)
        yield from (Step("wheel", 0.04, x, y, 1) for _ in range(depth))
        yield from _drags(random, count=3, moves=30, way=0.012, rest=0.1)
        yield from _drags(random, count=3, moves=6, way=0.08, rest=0.8)  # flicks
        yield from (Step("wheel", 0.04, x, y, -1) for _ in range(depth // 2))
        yield from _drags(random, count=2, moves=30, way=0.012, rest=0.1)
        yield from _drags(random, count=2, moves=6, way=0.08, rest=0.8)
        yield from (Step("wheel", 0.04, 1 - x, 1 - y, 1) for _ in range(depth // 4))
        yield from (Step("wheel", 0.04, x, y, -1) for _ in range(depth))


def panned() -> Iterator[Step]:
    """Without end: drags at the zoom there is."""
    random = Random(4)
    while True:
        yield from _drags(random, count=1, moves=30, way=0.012, rest=0.1)


def _drags(random: Random, *, count: int, moves: int, way: float, rest: float) -> Iterator[Step]:
    for _ in range(count):
        dx, dy = random.choice([(way, way / 2), (-way, way / 2), (way / 2, -way), (-way, -way / 2)])
        x, y = 0.5 - dx * moves / 2, 0.5 - dy * moves / 2
        yield Step("press", rest, x, y)
        yield from (Step("move", 0.016, x + dx * i, y + dy * i) for i in range(1, moves + 1))
        yield Step("release", 0.004, x + dx * moves, y + dy * moves)


@dataclass(slots=True)
class Appearance:
    """Seconds from the call to the first pixels of the slide on the screen, to the last change of them, and how long
    the call itself held the main thread."""

    first: float
    sharp: float
    call: float


@dataclass(slots=True)
class Played:
    """Milliseconds of each step from its event to the repaint's end, and by how much timers were late meanwhile."""

    steps: dict[str, list[float]] = field(default_factory=dict)
    lateness: list[float] = field(default_factory=list)
    seconds: float = 0.0


class Lateness(QObject):
    """By how much a timer of the main thread comes late, while it runs, in milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[float] = []
        self._timer = QTimer(self, interval=round(TICK * 1000), timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.found.append(max(0.0, (now - self._last - TICK) * 1000))
        self._last = now


class Paints(QObject):
    """Notes that a widget is being painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.seen = False
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        self.seen = self.seen or event.type() == QEvent.Type.Paint
        return False


class Viewer:
    """Any program's view of a slide: the widget `port` that takes the events and is painted, and `fit`."""

    def __init__(self, port: QWidget, fit: Callable[[], object]) -> None:
        self._port = port
        self._fit = fit
        self._paints = Paints(port)

    def appearance(self, begin: Callable[[], object]) -> Appearance:
        """Call `begin` and watch the middle of the view, as it is on the screen, until it stays as it is."""
        before, last = self._shot(), None
        first = sharp = 0.0
        started = time.perf_counter()
        begin()
        call = changed = time.perf_counter() - started
        while (now := time.perf_counter() - started) < PATIENCE and (last is None or now - changed < QUIET):
            self._paints.seen = False
            QCoreApplication.processEvents()
            now = time.perf_counter() - started
            if not self._paints.seen:
                time.sleep(0.001)
                continue
            shot = self._shot()
            if shot is None or np.ptp(shot) < 10 or _same(shot, before) or _same(shot, last):
                continue
            first, sharp, last, changed = first or now, now, shot, now
        return Appearance(first, sharp, call)

    def play(self, seconds: float, steps: Iterable[Step]) -> Played:
        """The steps for as long as that; a program that is slow does fewer of them."""
        played, lateness = Played(), Lateness()
        lateness.start()
        started = due = time.perf_counter()
        for step in steps:
            due = max(due + step.pause, time.perf_counter())
            if due - started > seconds:
                break
            wait(due - time.perf_counter())
            taken = self._take(step)
            if taken is not None and step.kind in ("wheel", "move", "fit"):
                played.steps.setdefault(step.kind, []).append(taken * 1000)
        lateness.stop()
        played.lateness, played.seconds = lateness.found, time.perf_counter() - started
        return played

    def _take(self, step: Step) -> float | None:
        """Seconds until the repaint was done; None when nothing was painted."""
        event = self._event(step)
        self._paints.seen = False
        started = time.perf_counter()
        if event is not None:
            QApplication.sendEvent(self._port, event)
        elif step.kind == "fit":
            self._fit()
        while step.kind in ("wheel", "move", "fit"):
            QCoreApplication.processEvents()
            taken = time.perf_counter() - started
            if self._paints.seen:
                return taken
            if taken > NO_PAINT:
                break
            time.sleep(0.0002)
        return None

    def _event(self, step: Step) -> QEvent | None:
        if step.kind in ("fit", "rest"):
            return None
        place = QPointF(step.x * self._port.width(), step.y * self._port.height())
        globally = QPointF(self._port.mapToGlobal(place))
        plain = Qt.KeyboardModifier.NoModifier
        none, left = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton
        if step.kind == "wheel":
            turn = QPoint(0, NOTCH * step.notches)
            return QWheelEvent(place, globally, QPoint(), turn, none, plain, Qt.ScrollPhase.NoScrollPhase, False)
        kinds = {
            "press": (QEvent.Type.MouseButtonPress, left, left),
            "move": (QEvent.Type.MouseMove, none, left),
            "release": (QEvent.Type.MouseButtonRelease, left, none),
        }
        kind, button, buttons = kinds[step.kind]
        return QMouseEvent(kind, place, globally, button, buttons, plain)

    def _shot(self) -> NDArray[np.uint8] | None:
        """RGB (h, w, 3) of the middle of the view as it is on the screen; None while it is not there."""
        port, window = self._port, self._port.window()
        if not port.isVisible():
            return None
        w, h = port.width() // 3, port.height() // 3
        at = port.mapTo(window, QPoint(w, h))
        image = window.screen().grabWindow(window.winId(), at.x(), at.y(), w, h).toImage()
        image = image.convertToFormat(QImage.Format.Format_RGB32)
        return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., :3].copy()


def _same(one: NDArray[np.uint8], other: NDArray[np.uint8] | None) -> bool:
    return other is not None and np.array_equal(one, other)


def wait(seconds: float) -> None:
    """With the event loop running, as in the program itself."""
    if seconds > 0:
        loop = QEventLoop()
        timer = QTimer(loop, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        timer.timeout.connect(loop.quit)
        timer.start(round(seconds * 1000))
        loop.exec()


def measure(
    viewer: Viewer, begin: Callable[[], object], actual: Callable[[], object], seconds: float, depth: int
) -> dict[str, object]:
    """Everything about one slide in one program, ready for JSON: `begin` opens it, `actual` goes to 1:1."""
    opened = viewer.appearance(begin)
    jumped = viewer.appearance(actual)
    played = viewer.play(seconds, recorded(depth))
    return {
        "opened": asdict(opened),
        "jumped": asdict(jumped),
        "played": asdict(played),
        "peak": memory.peak_rss(),
        "rss": memory.rss(),
        "pss": memory.pss(),
    }
