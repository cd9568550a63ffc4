"""Retraining as the user sees it: the plan, the progress and the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import _, ngettext, number, sentence
from bcseg_gui.core.retraining.report import REPORT_FILE
from bcseg_gui.core.retraining.verdict import evidence, verdict
from bcseg_gui.session.retraining import Retraining
from bcseg_gui.session.retraining_plan import Plan

from ..panels.status import progress_text
from ..widgets.durations import duration_words
from .curves import Curves
from .holdout import TestPicturesDialog
from .result_table import ResultTable
from .retrain_buttons import RetrainButtons
from .target_boxes import TargetBoxes


class RetrainDialog(QDialog):
    """Not modal. Closed during training, it hides and comes back with the result."""

    promoted = Signal(str)
    failed = Signal(object)
    anew = Signal()
    """The interrupted training is discarded for a new one"""

    def __init__(self, retraining: Retraining, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Retrain"))
        self.resize(680, 0)
        self._retraining = retraining
        self._shown = ""
        self._headline = QLabel()
        self._headline.setObjectName("headline")
        self._headline.setWordWrap(True)
        self._explanation = QLabel()
        self._explanation.setObjectName("caption")
        self._explanation.setWordWrap(True)
        self._aim = QComboBox()
        self._aim.addItem(_("Improve the model in use"), False)
        self._aim.addItem(_("A new model of its own, for another target"), True)
        self._aim.setToolTip(_("Another target: nuclei, parasites …"))
        self._aim.activated.connect(lambda _index: retraining.aim(bool(self._aim.currentData())))
        self._targets = TargetBoxes()
        self._targets.toggled.connect(retraining.include)
        self._curves = Curves()
        self._table = ResultTable()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._progress = QLabel()
        self._buttons = RetrainButtons()
        self._lay_out()
        self._connect()
        retraining.changed.connect(self._refresh)
        retraining.failed.connect(self._explain_failure)
        retraining.epoch.connect(lambda _event: self._curves.show_run(retraining))
        self._refresh()
        retraining.estimate()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 18)
        layout.setSpacing(10)
        layout.addWidget(self._headline)
        layout.addWidget(self._aim, alignment=Qt.AlignmentFlag.AlignLeft)
        for widget in (self._targets, self._explanation, self._curves, self._progress, self._bar, self._table):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addSpacing(6)
        layout.addWidget(self._buttons)

    def _connect(self) -> None:
        run, buttons = self._retraining, self._buttons
        for button, clicked in (
            (buttons.start, run.start),
            (buttons.pause, run.pause),
            (buttons.cancel, run.cancel),
            (buttons.anew, self._begin_anew),
            (buttons.close_, self.close),
            (buttons.done, self.close),
            (buttons.use, self._promote),
            (buttons.back, self._roll_back),
            (buttons.report, self._open_report),
            (buttons.pictures, self._show_pictures),
        ):
            button.clicked.connect(lambda _checked=False, clicked=clicked: clicked())
        buttons.more.toggled.connect(self._show_more)

    def _refresh(self) -> None:
        run = self._retraining
        stage = run.stage
        self._headline.setText(self._headline_text())
        self._explanation.setText(self._explanation_text())
        self._explanation.setVisible(bool(self._explanation.text()))
        self._aim.setVisible(stage == "ready")
        self._targets.show_plan(run.plan)
        self._targets.setVisible(stage == "ready" and run.plan.new_target and len(run.plan.drawn) > 1)
        if run.result is not None:
            self._table.show_result(run.result)  # before it becomes visible, so that its height counts below
        self._curves.setVisible(stage in ("training", "result"))
        self._table.setVisible(stage == "result")
        self._progress.setVisible(run.running)
        self._bar.setVisible(run.running)
        self._buttons.show_run(run)
        self._show_progress()
        self._curves.show_run(run)
        if stage != self._shown:
            self._shown = stage
            self._fit_height()
            if stage == "result":
                self._buttons.done.setFocus()  # an absent-minded Space changes nothing
        elif stage == "ready":
            self._fit_height()  # the text depends on the aim and the estimated time

    def _fit_height(self) -> None:
        """Resize to the visible content. `adjustSize` ignores that labels wrap."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        width = max(self.width(), layout.totalMinimumSize().width())
        self.resize(width, layout.totalHeightForWidth(width))

    def _headline_text(self) -> str:
        run = self._retraining
        match run.stage:
            case "ready" | "preparing" | "training":
                return _plan_text(run)
            case "paused":
                return _("Learning was interrupted after round {done} of {rounds}.").format(
                    done=run.rounds_done, rounds=run.rounds
                )
            case "result":
                assert run.result is not None
                return verdict(run.result.decision)
            case "stopped":
                return _("Stopped. Your current model is unchanged.")
            case _:
                return _("The model could not learn.")

    def _explanation_text(self) -> str:
        run = self._retraining
        match run.stage:
            case "ready":
                gains = "" if run.plan.new_target else _gains_text(run.gains)
                parts = *_classes_texts(run.plan), _aim_text(run), _time_text(run.seconds), gains
                return "\n".join(filter(None, parts))
            case "training":
                return _("Dashed lines show the current model.") if run.parent_metrics is not None else ""
            case "paused":
                return _("It goes on from there, with the pictures and corrections as they were when it began.")
            case "result":
                return _result_text(run)
            case "failed":
                return self._explanation.text()
            case _:
                return ""

    def _show_more(self, everything: bool) -> None:
        self._table.show_all(everything)
        self._fit_height()

    def _show_progress(self) -> None:
        run = self._retraining
        if run.stage == "preparing":
            done, total = run.written
            self._progress.setText(_("Collecting the reviewed pictures…"))
            self._bar.setRange(0, total)
            self._bar.setValue(done)
        elif run.stage == "training" and run.job is not None:
            progress = run.job.progress
            self._progress.setText(_("Stopping…") if run.job.cancelling else progress_text(run.job))
            self._bar.setRange(0, progress.total if progress else 0)
            self._bar.setValue(progress.done if progress else 0)

    def _explain_failure(self, error: Exception) -> None:
        self._explanation.setText(sentence(error))
        self._explanation.show()

    def _show_pictures(self) -> None:
        dialog = TestPicturesDialog(self._retraining.project, self)
        dialog.changed.connect(self._plan_anew)
        dialog.open()

    def _plan_anew(self) -> None:
        try:
            self._retraining.plan_anew()
            self._buttons.start.setEnabled(True)
        except UserError as error:  # no picture to learn from, or none to test on
            self._buttons.start.setEnabled(False)
            self._explain_failure(error)

    def _begin_anew(self) -> None:
        self._retraining.cancel()
        self.anew.emit()

    def _promote(self) -> None:
        self._use_model(lambda: self._retraining.promote().name)

    def _roll_back(self) -> None:
        self._use_model(lambda: self._retraining.roll_back().name)

    def _use_model(self, choose: Callable[[], str]) -> None:
        try:
            name = choose()
        except UserError as error:
            self.failed.emit(error)
            return
        self.promoted.emit(name)
        self.close()

    def _open_report(self) -> None:
        version = self._retraining.version
        if version is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(version.folder / REPORT_FILE)))

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._retraining.running:
            # Training goes on: the status bar shows it and can cancel it, and the dialog comes back with the result.
            event.ignore()
            self.hide()
            self._retraining.changed.connect(self._come_back, Qt.ConnectionType.UniqueConnection)
            return
        event.accept()
        self.finished.emit(0)

    def _come_back(self) -> None:
        if not self._retraining.running:
            self.show()

    def reject(self) -> None:
        """Let Escape do what the close button does."""
        self.close()


def _plan_text(run: Retraining) -> str:
    plan = run.plan
    if plan.parted:
        return _("1 reviewed: a part of it is kept for the test.")
    return _("{reviewed} reviewed: {learn} to learn from, {test} kept for the test.").format(
        reviewed=plan.reviewed, learn=plan.learn, test=plan.test
    )


def _aim_text(run: Retraining) -> str:
    if run.plan.new_target:
        text = _(
            "A new model begins with what “{model}” knows of pictures and learns to find what you drew, and nothing "
            "else: {classes}. There is nothing to compare it with: you see how it does on pictures that it has never "
            "seen, and decide."
        )
    else:
        text = _(
            "The model learns from your corrections and is then compared with the current one, “{model}”, on pictures "
            "it has never seen. It takes its place only if it is better. You can go on working meanwhile."
        )
    return text.format(model=run.parent_model.name, classes=", ".join(run.plan.targets))


def _classes_texts(plan: Plan) -> list[str]:
    """Return sentences about classes that are new to the model or untested."""
    texts = []
    if plan.new and not plan.new_target:
        learn = ngettext(
            "The model will learn {n} new class: {names}.",
            "The model will learn {n} new classes: {names}.",
            len(plan.new),
        )
        texts.append(learn.format(n=len(plan.new), names=", ".join(plan.new)))
    if plan.untested:
        untested = (
            _("No test picture holds {names}, so nobody will be able to tell how well the model finds it.")
            if plan.new_target
            else _("No test picture holds {names}, so the model will not be accepted: review one that does.")
        )
        texts.append(untested.format(names=", ".join(plan.untested)))
    return texts


def _time_text(seconds: float | None) -> str:
    if seconds is None:
        return _("Finding out how long it will take…")
    return _("On this computer it takes about {time}, less if there is nothing more to learn.").format(
        time=duration_words(seconds)
    )


def _gains_text(gains: Sequence[float]) -> str:
    """List past gains, which show when there is little left to gain."""
    points = " · ".join(("+" if gain >= 0 else "") + number(100 * gain, 1) for gain in gains)
    return _("The retrainings before gained, in points of agreement: {points}.").format(points=points) if gains else ""


def _result_text(run: Retraining) -> str:
    assert run.result is not None
    assert run.version is not None
    decision, pictures = run.result.decision, run.result.new.pictures
    compared = ngettext(
        "Compared on {n} test picture that neither model learnt from here.",
        "Compared on {n} test pictures that neither model learnt from here.",
        pictures,
    ).format(n=pictures)
    if decision.dice is None:
        compared = ""
    became = (
        _("“{model}” finds the cells from now on.")
        if decision.promoted
        else _("The current model stays; the new one is kept as “{model}”.")
    )
    return f"{compared} {evidence(decision)}".strip() + f"\n{became.format(model=run.version.name)}"
