"""Short work off the main thread: measurements, counts, writing pairs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QThreadPool, Signal

T = TypeVar("T")


class Task(QObject, Generic[T]):
    """Runs `work` in the pool and calls `done(result)` or `failed(error)` in the thread that made the task.

    After `forget()` neither is called, so a result that is no longer wanted does no harm.
    """

    _ended = Signal(object, object)

    def __init__(
        self,
        pool: QThreadPool,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._work, self._done, self._failed = work, done, failed
        self._wanted = True
        # A bound method of a QObject is called in that object's thread, hence the signal.
        self._ended.connect(self._deliver)
        pool.start(self._run)

    def forget(self) -> None:
        self._wanted = False

    def _run(self) -> None:
        result: T | None = None
        problem: Exception | None = None
        try:
            if self._wanted:
                result = self._work()
        except Exception as error:  # noqa: BLE001 passed on to the other thread
            problem = error
        with suppress(RuntimeError):  # the window was closed meanwhile and took this object with it
            self._ended.emit(result, problem)

    def _deliver(self, result: T, problem: Exception | None) -> None:
        if self._wanted:
            if problem is None:
                self._done(result)
            else:
                self._failed(problem)
        self.deleteLater()
