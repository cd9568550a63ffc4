"""Jobs in the compute process: who asked for them, how far they are, and how to stop them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance

from bcseg_gui.compute import protocol
from bcseg_gui.core.errors import UserError

log = logging.getLogger(__name__)


class Client(Protocol):
    """What `Jobs` needs of `compute.client.ComputeClient`."""

    @property
    def received(self) -> SignalInstance: ...

    def submit(self, request: protocol.Request) -> None: ...

    def cancel(self, job: int) -> None: ...


class Job(QObject):
    """One request under way. Exactly one of `finished`, `cancelled`, `failed` is emitted, and then `ended`."""

    progressed = Signal(object)
    """protocol.Progress"""
    tile = Signal(object)
    """protocol.TilePredicted"""
    measured = Signal(object)
    """protocol.ParentMeasured"""
    epoch = Signal(object)
    """protocol.EpochDone"""
    finished = Signal(object)
    """the result in protocol.Finished"""
    cancelled = Signal()
    failed = Signal(object)
    """UserError"""
    ended = Signal()

    def __init__(self, jobs: Jobs, number: int, title: str) -> None:
        super().__init__(jobs)
        self._jobs = jobs
        self.number = number
        self.title = title
        self.progress: protocol.Progress | None = None
        self.cancelling = False

    def cancel(self) -> None:
        """Ask the compute process to stop; `cancelled` follows."""
        if not self.cancelling:
            self.cancelling = True
            self._jobs.cancel(self)


class Jobs(QObject):
    """Numbers the jobs and passes each event to its job; events of unknown jobs are stale and dropped."""

    changed = Signal()
    """A job started, moved on or ended."""
    warned = Signal(object)
    """UserError: a job goes on, but not as a person would expect"""

    def __init__(self, client: Client, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._running: dict[int, Job] = {}
        self._trying: int | None = None
        self._last = 0
        client.received.connect(self._dispatch)

    @property
    def running(self) -> list[Job]:
        """Oldest first; warming up is not shown as a job."""
        return [job for job in self._running.values() if job.title]

    @property
    def is_trying(self) -> bool:
        """Engines are being tried; all other work waits."""
        return self._trying is not None

    def start(self, request: Callable[[int], protocol.Request], title: str) -> Job:
        """Submit `request(number)`. `title` is what a person reads beside the progress; empty for silent work."""
        self._last += 1
        job = Job(self, self._last, title)
        self._running[job.number] = job
        self._client.submit(request(job.number))
        self.changed.emit()
        return job

    def cancel(self, job: Job) -> None:
        self._client.cancel(job.number)
        self.changed.emit()

    def _dispatch(self, event: protocol.Event) -> None:
        job = self._running.get(event.job)
        if job is None:
            return
        if isinstance(event, protocol.Trying):
            self._trying = job.number
        elif job.number == self._trying:
            self._trying = None
        match event:
            case protocol.Progress():
                job.progress = event
                job.progressed.emit(event)
            case protocol.TilePredicted():
                # After Cancel too: the job may end before it hears of that, and then no tile may be missing.
                job.tile.emit(event)
            case protocol.ParentMeasured():
                job.measured.emit(event)
            case protocol.EpochDone():
                job.epoch.emit(event)
            case protocol.Warned():
                self.warned.emit(UserError(event.template, **event.fields))
            case protocol.Finished():
                self._end(job, lambda: job.finished.emit(event.result))
            case protocol.Cancelled():
                self._end(job, job.cancelled.emit)
            case protocol.Failed():
                log.warning("Job %d failed: %s", job.number, event.template)
                self._end(job, lambda: job.failed.emit(UserError(event.template, **event.fields)))
        self.changed.emit()

    def _end(self, job: Job, tell: Callable[[], None]) -> None:
        del self._running[job.number]
        tell()
        job.ended.emit()
        job.deleteLater()
