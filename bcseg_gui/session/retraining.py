"""One retraining from the reviewed pictures to the decision: dataset, fine-tuning, the gate, promotion."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Literal

from PySide6.QtCore import QObject, Signal

from bcseg_gui.compute.protocol import (
    EpochDone,
    Estimate,
    EstimateResult,
    Metrics,
    ParentMeasured,
    Progress,
    Train,
    TrainResult,
)
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.exporting.dataset import DatasetFolder, make_dataset
from bcseg_gui.core.i18n import _
from bcseg_gui.core.models import ModelVersion
from bcseg_gui.core.project import Project
from bcseg_gui.core.retraining.record import read_record
from bcseg_gui.core.retraining.unfinished import Unfinished, discard_unfinished, find_unfinished, save_unfinished
from bcseg_gui.core.user import user_name

from .exporting import Writing
from .jobs import Job, Jobs
from .models import Models
from .retraining_plan import Plan, plan

__all__ = ["Metrics", "Retraining", "Stage", "TrainResult", "is_interrupted"]

Stage = Literal["ready", "preparing", "training", "paused", "result", "stopped", "failed"]

MOST_GAINS = 5

log = logging.getLogger(__name__)


class Retraining(QObject):
    """One attempt: goes through the stages in order and ends in "result", "stopped" or "failed".

    Where an earlier one was paused or cut off, it begins "paused".
    """

    changed = Signal()
    """another stage, or more progress"""
    epoch = Signal(object)
    """EpochDone"""
    failed = Signal(object)
    """UserError or another exception"""

    def __init__(
        self,
        project: Project | None,
        models: Models,
        jobs: Jobs,
        save: Callable[[], None],
        parent: QObject | None = None,
    ) -> None:
        """`save` has all that is painted on disk, or raises UserError.

        Raises UserError unless pictures are reviewed both to learn from and to test on.
        """
        super().__init__(parent)
        if project is None:
            raise UserError("Review at least two pictures: one to learn from and one to keep for the test.")
        self.project = project
        self._models, self._jobs, self._save = models, jobs, save
        self.stage: Stage = "ready"
        self.result: TrainResult | None = None
        self.version: ModelVersion | None = None
        """the new model, once it is among the project's"""
        self.parent_metrics: Metrics | None = None
        """of the model in use, on the test pictures that are looked at after every round"""
        self.epochs: list[EpochDone] = []
        self.losses: list[tuple[float, float]] = []
        """(epochs learnt, a fraction; loss) of every step"""
        self.written = (0, 0)
        """(pairs written, of so many) while preparing"""
        self.parent_model: ModelVersion = models.needed()
        run = find_unfinished(project.folder)
        learner = next((each for each in models.versions if run and each.name == run.parent), None)
        self._run = run if learner is not None else None
        if run is not None and learner is not None:
            self.stage = "paused"
            self.parent_model = learner
            self.plan = Plan(run.learn, run.test)
        else:
            self.plan = plan(project, self.parent_model)
        self._writing: Writing[DatasetFolder] | None = None
        self.job: Job | None = None
        self._given_up = False
        self._estimating: Job | None = None
        self._speed: EstimateResult | None = None

    @property
    def running(self) -> bool:
        return self.stage in ("preparing", "training")

    @property
    def rounds(self) -> int:
        """Over the pictures, if it does not end before its time."""
        return self._run.epochs if self._run is not None else self.plan.epochs

    @property
    def rounds_done(self) -> int:
        return self._run.done if self._run is not None else 0

    @property
    def gains(self) -> list[float]:
        """What the retrainings that led to the model in use gained in Dice, on the test pictures of their time."""
        found: list[float] = []
        by_name = {version.name: version for version in self._models.versions}
        version: ModelVersion | None = self.parent_model
        while version is not None and len(found) < MOST_GAINS:
            with suppress(UserError):  # a damaged report is no reason not to learn
                record = read_record(version.folder)
                if record is not None and record.decision.dice is not None:
                    found.append(record.decision.dice.gain)
            version = by_name.pop(version.parent or "", None)
        return found[::-1]

    def plan_anew(self) -> None:
        """Pictures moved between those to learn from and those to test on."""
        if self.stage == "ready":
            before = self.plan
            self.plan = replace(plan(self.project, self.parent_model), new_target=before.new_target)
            for name in before.drawn:
                if name in before.left_out:
                    self._leave_out(name)
            self.changed.emit()

    def aim(self, new_target: bool) -> None:
        """Improve the model in use, or make one for a target of its own."""
        if self.stage == "ready":
            self.plan = replace(self.plan, new_target=new_target)
            self.changed.emit()

    def include(self, name: str, wanted: bool) -> None:
        """Say whether a class that is drawn belongs to the new target; the last one always does."""
        if self.stage == "ready":
            if wanted:
                self.plan = replace(self.plan, left_out=self.plan.left_out - {name})
            else:
                self._leave_out(name)
            self.changed.emit()

    def _leave_out(self, name: str) -> None:
        if set(self.plan.targets) - {name}:
            self.plan = replace(self.plan, left_out=self.plan.left_out | {name})

    def estimate(self) -> None:
        """Find out how long it will take; `seconds` then says so."""
        if self.stage == "ready" and self._estimating is None:
            folder = self.parent_model.folder
            self._estimating = self._jobs.start(lambda number: Estimate(number, folder), "")
            self._estimating.finished.connect(self._estimated)

    def _estimated(self, speed: EstimateResult) -> None:
        self._speed = speed
        self.changed.emit()

    @property
    def seconds(self) -> float | None:
        """How long it will take; None until that is known."""
        return self.plan.seconds(self._speed) if self._speed is not None else None

    def start(self) -> None:
        """Begin, or go on where it was paused."""
        if self.stage == "paused":
            self._go_on()
            return
        project = self.project
        try:
            self._save()
            wanted = self.plan.targets
            self.plan_anew()  # a person may have drawn on meanwhile
        except UserError as error:
            self._failed(error)
            return
        if self.plan.new_target and self.plan.targets != wanted:
            self.failed.emit(
                UserError("What is drawn has changed. Look again at what the new model shall find, then start it.")
            )
            return
        self._writing = Writing(
            lambda progress, cancelled: make_dataset(project, progress=progress, cancelled=cancelled), self
        )
        self._writing.progressed.connect(self._wrote)
        self._writing.finished.connect(self._train)
        self._writing.cancelled.connect(self._give_up)
        self._writing.failed.connect(self._failed)
        self._go("preparing")

    def cancel(self) -> None:
        """Discard what was learnt; the current model stays."""
        if self.stage == "preparing" and self._writing is not None:
            self._writing.cancel()
        elif self.stage == "training" and self.job is not None:
            self._given_up = True
            self.job.cancel()
        elif self.stage == "paused":
            self._give_up()
        self.changed.emit()

    def pause(self) -> None:
        """Stop so that `start` goes on from here, also after the program was closed. So does the status bar's Cancel:
        what took minutes to learn is not thrown away there.
        """
        if self.stage == "training" and self.job is not None:
            self.job.cancel()
            self.changed.emit()

    def stop(self) -> None:
        """Leave nothing running, as the window closes. What was learnt so far stays, for another day."""
        if self._writing is not None:
            self._writing.stop()
        if self.stage == "training":
            self.pause()

    def promote(self) -> ModelVersion:
        """Use the new model from now on, though the gate refused it or could not tell. Raises UserError."""
        assert self.version is not None
        self._models.choose(self.version.name)
        return self.version

    def roll_back(self) -> ModelVersion:
        """Use the model from before again. Raises UserError."""
        return self._models.roll_back()

    def _wrote(self, done: int, total: int) -> None:
        self.written = (done, total)
        self.changed.emit()

    def _train(self, dataset: DatasetFolder) -> None:
        origin = "-".join(self.plan.targets) if self.plan.new_target else "retrained"
        name = self._models.free_name(f"{self.project.name}-{origin}")
        self._run = Unfinished(
            name,
            dataset.id,
            self.parent_model.name,
            self.plan.epochs,
            self.plan.learn,
            self.plan.test,
            classes=self.plan.classes,
            new_target=self.plan.new_target,
        )
        self._go_on()

    def _go_on(self) -> None:
        run = self._run
        assert run is not None
        try:
            output = save_unfinished(self.project.folder, run)
        except UserError as error:
            self._failed(error)
            return
        dataset = self.project.folder / "datasets" / run.dataset
        parent = self.parent_model.folder
        self.job = self._jobs.start(
            lambda number: Train(
                number, dataset, parent, output, run.epochs, run.seed, user_name(), run.classes, run.new_target
            ),
            _("Learning"),
        )
        self.job.progressed.connect(self._step_done)
        self.job.measured.connect(self._parent_measured)
        self.job.epoch.connect(self._epoch_done)
        self.job.finished.connect(self._trained)
        self.job.cancelled.connect(self._cancelled)
        self.job.failed.connect(self._failed)
        self._go("training")

    def _step_done(self, event: Progress) -> None:
        if event.loss is not None and event.total:
            self.losses.append((event.done / event.total * self.rounds, event.loss))
        self.changed.emit()

    def _parent_measured(self, event: ParentMeasured) -> None:
        self.parent_metrics = event.metrics
        self.changed.emit()

    def _epoch_done(self, event: EpochDone) -> None:
        self.epochs.append(event)
        assert self._run is not None
        self._run = replace(self._run, done=event.epoch)
        with suppress(UserError):  # only how far it was would be forgotten
            save_unfinished(self.project.folder, self._run)
        self.epoch.emit(event)

    def _trained(self, result: TrainResult) -> None:
        self.result = result
        try:
            self.version = self._models.add(result.model_folder)
            discard_unfinished(self.project.folder)
            if result.decision.promoted:
                self._models.choose(self.version.name)
        except UserError as error:
            self._failed(error)
            return
        self._go("result")

    def _cancelled(self) -> None:
        if self._given_up:
            self._give_up()
        else:
            self._go("paused")

    def _give_up(self) -> None:
        discard_unfinished(self.project.folder)
        self._go("stopped")

    def _failed(self, error: Exception) -> None:
        self._go("failed")
        self.failed.emit(error)

    def _go(self, stage: Stage) -> None:
        log.info("Retraining: %s", stage)
        self.stage = stage
        self.changed.emit()


def is_interrupted(project: Project | None) -> bool:
    """A retraining of the project was paused or cut off."""
    try:
        return project is not None and find_unfinished(project.folder) is not None
    except UserError:  # raised again when somebody wants to go on with it
        return False
