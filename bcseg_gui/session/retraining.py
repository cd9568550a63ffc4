"""One retraining from the reviewed pictures to the decision: dataset, fine-tuning, comparison, promotion."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal

from ..compute.protocol import EpochDone, Metrics, Progress, Train, TrainResult
from ..core.errors import UserError
from ..core.i18n import _
from ..core.project import ModelVersion, Project
from ..core.project.dataset import Dataset, make_dataset
from ..core.project.holdout import require_both
from .jobs import Job
from .session import Session
from .writing import Writing

__all__ = ["Metrics", "Plan", "Retraining", "Stage", "TrainResult", "plan"]

Stage = Literal["ready", "preparing", "training", "result", "stopped", "failed"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """How many reviewed pictures the model learns from, and how many are kept for the test."""

    learn: int
    test: int

    @property
    def reviewed(self) -> int:
        return self.learn + self.test

    @property
    def epochs(self) -> int:
        """Rounds over the pictures: the fewer there are, the more, so that one picture too is learnt from."""
        return min(12, max(4, 24 // max(1, self.learn)))


class Retraining(QObject):
    """Made for one attempt; goes through the stages in order and ends in "result", "stopped" or "failed"."""

    changed = Signal()
    """another stage, or more progress"""
    epoch = Signal(object)
    """EpochDone"""
    failed = Signal(object)
    """UserError or another exception"""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        """Raises UserError unless pictures are reviewed both to learn from and to test on."""
        super().__init__(parent)
        self.stage: Stage = "ready"
        self.result: TrainResult | None = None
        self.epochs: list[EpochDone] = []
        self.losses: list[tuple[float, float]] = []
        """(epochs learnt, a fraction; loss) of every step"""
        self.written = (0, 0)
        """(pairs written, of so many) while preparing"""
        self._session = session
        self._project = _project(session)
        self.plan = plan(self._project)
        self._epochs = self.plan.epochs
        self.parent_model: ModelVersion = session.models.needed()
        self._writing: Writing[Dataset] | None = None
        self._output: Path | None = None
        self.job: Job | None = None

    @property
    def running(self) -> bool:
        return self.stage in ("preparing", "training")

    def start(self) -> None:
        project = self._project
        try:
            self._session.keep()
        except UserError as error:
            self._failed(error)
            return
        self._writing = Writing(
            lambda progress, cancelled: make_dataset(project, progress=progress, cancelled=cancelled), self
        )
        self._writing.progressed.connect(self._wrote)
        self._writing.finished.connect(self._train)
        self._writing.cancelled.connect(self._cancelled)
        self._writing.failed.connect(self._failed)
        self._go("preparing")

    def cancel(self) -> None:
        if self.stage == "preparing" and self._writing is not None:
            self._writing.cancel()
        elif self.stage == "training" and self.job is not None:
            self.job.cancel()
        self.changed.emit()

    def stop(self) -> None:
        """This attempt is over: leave nothing running, and no model that was not promoted."""
        if self._writing is not None:
            self._writing.stop()
        if self.job is not None and self.stage == "training":
            self.job.cancel()  # what it has written goes when the project is opened next
        elif self._output is not None:
            shutil.rmtree(self._output, ignore_errors=True)

    def promote(self) -> ModelVersion:
        """Keep the new model and use it from now on. Raises UserError."""
        assert self.result is not None
        return self._session.models.promote(self.result.model_folder, f"{self._project.name}-retrained")

    def _wrote(self, done: int, total: int) -> None:
        self.written = (done, total)
        self.changed.emit()

    def _train(self, dataset: Dataset) -> None:
        try:
            self._output = self._session.models.new_folder()
        except UserError as error:
            self._failed(error)
            return
        output = self._output
        self.job = self._session.jobs.start(
            lambda number: Train(
                number, dataset.folder, self.parent_model.folder, output, self._epochs, seed=0
            ),
            _("Learning"),
        )  # fmt: skip
        self.job.progressed.connect(self._step_done)
        self.job.epoch.connect(self._epoch_done)
        self.job.finished.connect(self._trained)
        self.job.cancelled.connect(self._cancelled)
        self.job.failed.connect(self._failed)
        self._go("training")

    def _step_done(self, event: Progress) -> None:
        if event.loss is not None and event.total:
            self.losses.append((event.done / event.total * self._epochs, event.loss))
        self.changed.emit()

    def _epoch_done(self, event: EpochDone) -> None:
        self.epochs.append(event)
        self.epoch.emit(event)

    def _trained(self, result: TrainResult) -> None:
        self.result = result
        self._go("result")

    def _cancelled(self) -> None:
        self._go("stopped")

    def _failed(self, error: Exception) -> None:
        self._go("failed")
        self.failed.emit(error)

    def _go(self, stage: Stage) -> None:
        log.info("Retraining: %s", stage)
        self.stage = stage
        self.changed.emit()


def plan(project: Project) -> Plan:
    """Raises UserError when there is nothing to learn from or nothing to test on."""
    sides = {entry.id: entry.split for entry in project.slides if entry.status == "reviewed" and entry.split}
    require_both(sides)
    splits = list(sides.values())
    return Plan(splits.count("train"), splits.count("holdout"))


def _project(session: Session) -> Project:
    if session.project is None:
        raise UserError("Review at least two pictures: one to learn from and one to keep for the test.")
    return session.project
