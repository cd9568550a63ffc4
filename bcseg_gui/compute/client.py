"""The window's end of the compute process: requests in, events out as a Qt signal."""

from __future__ import annotations

import logging
import multiprocessing
import threading
from collections import deque
from contextlib import suppress
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from bcseg_gui.core.errors import UserError

from . import server
from .protocol import Cancel, Cancelled, Event, Failed, Finished, LogLine, Message, Request, Shutdown

if TYPE_CHECKING:
    from collections.abc import Callable

HANDLERS = "bcseg_gui.compute.handlers:make_handlers"
"""Where the child finds its handlers: a name, because the window's process must never import them (torch)."""

CANCEL_GRACE = 5.0
"""Seconds that the child gets to answer a Cancel before it is ended."""

SHUTDOWN_GRACE = 2.0
"""Seconds that the child gets to end by itself when the app closes."""

MOST_AHEAD = 16
"""Messages that may wait for the window; with more, the child has to stop and wait too."""

log = logging.getLogger(__name__)


class ComputeClient(QObject):
    """Runs jobs one after another in a child process, which is restarted when it dies.

    Every submitted job ends with exactly one `Finished`, `Cancelled` or `Failed`. Use it from the thread it lives in;
    `received` is emitted there. Call `shutdown()` before the application exits.
    """

    received = Signal(object)
    """A `protocol.Event`. (Not named `event`: that is a virtual function of QObject, which Qt would call.)"""
    _heard = Signal()
    """The child's reader thread has something for ours."""

    def __init__(
        self, parent: QObject | None = None, *, handlers: str = HANDLERS, cancel_grace: float = CANCEL_GRACE
    ) -> None:
        super().__init__(parent)
        self._handlers = handlers
        self._child: _Child | None = None
        self._running: Request | None = None
        self._waiting: deque[Request] = deque()
        self._grace = QTimer(self, singleShot=True, interval=round(cancel_grace * 1000))
        self._grace.timeout.connect(self._give_up_waiting)
        # One message a turn of the event loop: clicks and painting come in between.
        self._listening = QTimer(self, interval=0)
        self._listening.timeout.connect(self._take_next)
        self._heard.connect(self._listening.start)

    @property
    def backlog(self) -> int:
        """Messages of the child that were read and not passed on yet, at most MOST_AHEAD."""
        return len(self._child.heard) if self._child is not None else 0

    def start(self) -> None:
        """Start the child if it is not running, and return at once: it loads what it needs while nobody waits."""
        if self._child is None:
            self._child = _Child(self._handlers, self._heard.emit)

    def submit(self, request: Request) -> None:
        """Queue a job. Its number must be new."""
        self._waiting.append(request)
        self._send_next()

    def cancel(self, job: int) -> None:
        """Ask a job to stop. One that is queued or does not answer in time is reported `Cancelled` all the same."""
        for request in self._waiting:
            if request.job == job:
                self._waiting.remove(request)
                self.received.emit(Cancelled(job))
                return
        if self._running and self._running.job == job and self._child and not self._grace.isActive():
            self._child.send(Cancel(job))
            self._grace.start()

    def shutdown(self) -> None:
        """End the child, whatever it is doing. Its jobs are dropped silently."""
        self._waiting.clear()
        self._running = None
        self._end_child(SHUTDOWN_GRACE)

    def _send_next(self) -> None:
        if self._running is None and self._waiting:
            self.start()
            assert self._child
            self._running = self._waiting.popleft()
            self._child.send(self._running)

    @Slot()
    def _take_next(self) -> None:
        if self._child is None or not self._child.heard:
            self._listening.stop()
            return
        self._on_heard(self._child.next_heard())

    def _on_heard(self, message: Event | LogLine | None) -> None:
        if message is None:
            self._on_death()
        elif isinstance(message, LogLine):
            logging.getLogger(message.logger).log(message.level, "%s", message.text)
        elif self._running and message.job == self._running.job:
            if isinstance(message, Finished | Cancelled | Failed):
                self._finish(message)
            else:
                self.received.emit(message)

    def _finish(self, last: Event) -> None:
        self._running = None
        self._grace.stop()
        self.received.emit(last)
        self._send_next()

    def _on_death(self) -> None:
        """Every job fails, queued ones too: what ended the child may well end the next one."""
        was_cancelling = self._grace.isActive()
        lost = [*([self._running] if self._running else []), *self._waiting]
        self._waiting.clear()
        self._running = None
        self._end_child(0)
        for request in lost:
            if was_cancelling:
                was_cancelling = False  # only the first, which was the running one
                self.received.emit(Cancelled(request.job))
            else:
                self.received.emit(Failed.because(request.job, _stopped()))

    @Slot()
    def _give_up_waiting(self) -> None:
        """The Cancel was not answered: the job ends with its process, the queue goes on in a new one."""
        assert self._running
        log.warning("Job %d did not answer a cancel; the compute process is ended", self._running.job)
        self._end_child(0)
        self._finish(Cancelled(self._running.job))

    def _end_child(self, patience: float) -> None:
        self._grace.stop()
        child, self._child = self._child, None
        if child:
            child.end(patience)


def _stopped() -> UserError:
    return UserError(
        "The computing part stopped unexpectedly. Your mask is safe; try again. "
        "If it stops again, close other programs or choose a smaller region."
    )


class _Child:
    """One compute process and the thread that reads its messages."""

    def __init__(self, handlers: str, on_heard: Callable[[], None]) -> None:
        """`on_heard` is called in that thread."""
        self.heard: deque[Event | LogLine | None] = deque()
        """its messages, oldest first; None once it has gone"""
        self._room = threading.Semaphore(MOST_AHEAD)
        self._ended = False
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        # A daemon: should the app leave without shutdown(), multiprocessing ends it at exit.
        self._process = context.Process(target=server.run, args=(theirs, handlers), name="bcseg-compute", daemon=True)
        self._process.start()
        theirs.close()
        self._reader = threading.Thread(target=self._read, args=(on_heard,), name="bcseg-compute", daemon=True)
        self._reader.start()

    def send(self, message: Message) -> None:
        with suppress(OSError):  # the process has gone: the reader reports that
            self._connection.send(message)

    def next_heard(self) -> Event | LogLine | None:
        self._room.release()
        return self.heard.popleft()

    def end(self, patience: float) -> None:
        """Ask, wait `patience` seconds, then terminate, then kill. Returns when the process and the thread are gone."""
        self._ended = True
        self._room.release()  # the reader goes on, so that the child is not stuck in the middle of a message
        self.send(Shutdown())
        if patience:
            self._process.join(patience)
        for stop in (self._process.terminate, self._process.kill):
            if self._process.is_alive():
                stop()
                self._process.join(1)
        log.info("The compute process ended with code %s", self._process.exitcode)
        self._reader.join()
        self._connection.close()
        self._process.close()

    def _read(self, on_heard: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the client has been deleted
            # The sentinel as well as the pipe: on Windows a child that dies early can leave its end open.
            with suppress(EOFError, OSError):
                while self._connection in wait([self._connection, self._process.sentinel]):
                    if not self._ended:
                        self._room.acquire()
                    message = self._connection.recv()
                    if not self._ended:
                        self.heard.append(message)
                        on_heard()
            self.heard.append(None)
            on_heard()
