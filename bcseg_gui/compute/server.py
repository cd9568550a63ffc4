"""The compute process: takes requests from a pipe, handles them one after another, sends events back.

Nothing heavy and no Qt is imported here, because the window imports this module to name `run` as the process's
target. The handlers, and torch with them, are looked up by name inside the process.
"""

from __future__ import annotations

import functools
import importlib
import logging
import os
import queue
import signal
import threading
import traceback
from collections.abc import Callable, Generator, Mapping
from multiprocessing.connection import Connection
from typing import Any

from bcseg_gui.core.errors import UserError

from .protocol import (
    Cancel,
    Cancelled,
    Event,
    Failed,
    Finished,
    LogLine,
    Message,
    Request,
    Result,
    Sentence,
    Shutdown,
    Started,
    Warned,
)

Handler = Callable[[Any, Callable[[], bool]], Generator[Event, None, Result]]
"""`handler(request, cancelled)` yields events and returns what Finished carries. It looks at `cancelled()` at least
once a second and then simply returns."""
Handlers = Mapping[type, Handler]

NICENESS = 5
"""The window comes first. For good: an ordinary user cannot raise the priority again after a training."""

EXIT_GRACE = 5.0
"""Seconds that the running job gets to clean up once the window has gone."""

log = logging.getLogger(__name__)


def run(connection: Connection, handlers: str) -> None:
    """Target of the process. `handlers` is "package.module:function"; the function takes nothing, returns Handlers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal reaches both; the window decides
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    server = Server(connection)
    logging.basicConfig(level=logging.INFO, handlers=[_Forward(server)], format="%(message)s")
    server.serve(functools.cache(functools.partial(_load, handlers)))


def _load(name: str) -> Handlers:
    module, _, function = name.partition(":")
    handlers: Handlers = getattr(importlib.import_module(module), function)()
    return handlers


class Server:
    """Computes in the calling thread; a second thread listens, so that a Cancel is heard during the work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._closing = threading.Event()
        self._done = threading.Event()
        self._job: int | None = None

    def serve(self, load: Callable[[], Handlers]) -> None:
        """Until Shutdown, or until the other end of the pipe is gone."""
        threading.Thread(target=self._listen, name="listen", daemon=True).start()
        try:
            load()  # while the window is idle, not when the first job waits; a failure is reported to that job
        except Exception:
            log.exception("The handlers could not be loaded")
        while (request := self._requests.get()) is not None:
            self._work(request, load)
        self._done.set()

    def send(self, message: Event | LogLine) -> None:
        try:
            with self._sending:
                self._connection.send(message)
        except OSError:  # the window has gone; _listen sees it too and ends us
            self._closing.set()

    def warn(self, warning: Sentence) -> None:
        """Warn the person, in the name of the running job."""
        if self._job is not None:
            self.send(Warned.because(self._job, warning))

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                message: Message = self._connection.recv()
            except (EOFError, OSError):
                break
            if isinstance(message, Shutdown):
                break
            if isinstance(message, Cancel):
                self._cancelled.add(message.job)
            else:
                self._requests.put(message)
        self._closing.set()
        self._requests.put(None)
        if not self._done.wait(EXIT_GRACE):
            os._exit(1)  # the work does not look at cancelled(); better gone than an orphan that eats the machine

    def _work(self, request: Request, load: Callable[[], Handlers]) -> None:
        self._job = job = request.job

        def cancelled() -> bool:
            return job in self._cancelled or self._closing.is_set()

        self.send(Started(job))
        try:
            events = load()[type(request)](request, cancelled)
            while not cancelled():
                self.send(next(events))
            events.close()
            self.send(Cancelled(job))
        except StopIteration as end:
            self.send(Cancelled(job) if cancelled() else Finished(job, end.value))
        except Exception as error:  # noqa: BLE001 – whatever it is, the process lives and the job says so
            self.send(Failed.because(job, _for_a_person(error)))
        finally:
            self._job = None
            self._cancelled.discard(job)


class _Forward(logging.Handler):
    """Sends log records to the window's log: two processes never write to one file."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server

    def emit(self, record: logging.LogRecord) -> None:
        self._server.send(LogLine(record.name, record.levelno, self.format(record)))
        if isinstance(record.msg, Sentence):
            self._server.warn(record.msg)


def _for_a_person(error: Exception) -> Sentence:
    if isinstance(error, Sentence):
        return error
    # Without its text, which may hold the name of a file and so of a patient.
    log.error("A job met %s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
    if isinstance(error, MemoryError) or "not enough memory" in str(error):  # the latter is torch's RuntimeError
        return UserError("There is not enough memory for this. Close other programs, or choose a smaller region.")
    return UserError(
        "The computing part met an error: {error}. Your mask is safe; the details are in the log.",
        error=str(error) or type(error).__name__,
    )
