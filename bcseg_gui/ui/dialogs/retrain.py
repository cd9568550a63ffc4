"""Retraining as the clinician sees it: what will be learnt from, how it goes, and which model to use then."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ...core.errors import UserError
from ...core.i18n import _, ngettext, sentence
from ...session.retraining import Retraining
from ..panels.status import progress_text
from .curves import Curves
from .result_table import ResultTable, is_better, verdict


class RetrainDialog(QDialog):
    """Does not block the picture; closing it while the model learns cancels that."""

    promoted = Signal(str)
    failed = Signal(object)

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
        self._curves = Curves()
        self._table = ResultTable()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._progress = QLabel()
        self._start = _main_button(_("Start learning"), retraining.start)
        self._cancel = QPushButton(_("Cancel"))
        self._cancel.clicked.connect(retraining.cancel)
        self._close = QPushButton(_("Close"))
        self._close.clicked.connect(self.close)
        self._keep = _main_button(_("Keep the current one"), self.close)
        self._use = _main_button(_("Use the new model"), self._promote)
        self._more = QPushButton(_("More figures"))
        self._more.setCheckable(True)
        self._more.toggled.connect(self._show_more)
        self._lay_out()
        retraining.changed.connect(self._refresh)
        retraining.failed.connect(self._explain_failure)
        retraining.epoch.connect(lambda _event: self._curves.show_run(retraining))
        self._refresh()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        self._more.setAutoDefault(False)
        buttons.addWidget(self._more)
        buttons.addStretch(1)
        for button in (self._close, self._cancel, self._keep, self._start, self._use):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        self._start.setDefault(True)  # Enter begins; what to do with the result is never decided by a key too many
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 18)
        layout.setSpacing(10)
        for widget in (self._headline, self._explanation, self._curves, self._progress, self._bar, self._table):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addSpacing(6)
        layout.addLayout(buttons)

    def _refresh(self) -> None:
        run = self._retraining
        stage = run.stage
        self._headline.setText(self._headline_text())
        self._explanation.setText(self._explanation_text())
        self._explanation.setVisible(bool(self._explanation.text()))
        if run.result is not None:
            self._table.show_result(run.result)  # before it is shown, so that its height counts below
            _highlight(self._use, is_better(run.result))
            _highlight(self._keep, not is_better(run.result))
        self._curves.setVisible(stage in ("training", "result"))
        self._table.setVisible(stage == "result")
        self._more.setVisible(stage == "result")
        for widget in (self._progress, self._bar, self._cancel):
            widget.setVisible(run.running)
        self._start.setVisible(stage == "ready")
        self._close.setVisible(stage != "result")
        self._close.setText(_("Go on working") if run.running else _("Close"))
        self._keep.setVisible(stage == "result")
        self._use.setVisible(stage == "result")
        self._show_progress()
        self._curves.show_run(run)
        if stage != self._shown:
            self._shown = stage
            self._take_height()
            if stage == "result":
                self._keep.setFocus()  # what an absent-minded Space may do

    def _take_height(self) -> None:
        """Of what is shown now. `adjustSize` would forget that texts wrap."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        width = max(self.width(), layout.totalMinimumSize().width())
        self.resize(width, layout.totalHeightForWidth(width))

    def _headline_text(self) -> str:
        run = self._retraining
        match run.stage:
            case "ready" | "preparing" | "training":
                plan = run.plan
                return _("{reviewed} reviewed: {learn} to learn from, {test} kept for the test.").format(
                    reviewed=plan.reviewed, learn=plan.learn, test=plan.test
                )
            case "result":
                assert run.result is not None
                return verdict(run.result)
            case "stopped":
                return _("Stopped. Your current model is unchanged.")
            case _:
                return _("The model could not learn.")

    def _explanation_text(self) -> str:
        run = self._retraining
        match run.stage:
            case "ready":
                return _(
                    "The model learns from your corrections and is then compared with the current one, “{model}”, on "
                    "pictures it has never seen. You decide which one to use. You can go on working meanwhile."
                ).format(model=run.parent_model.name)
            case "result":
                assert run.result is not None
                pictures = run.result.new.pictures
                return ngettext(
                    "Compared on {n} test picture that neither model learnt from here.",
                    "Compared on {n} test pictures that neither model learnt from here.",
                    pictures,
                ).format(n=pictures)
            case "failed":
                return self._explanation.text()
            case _:
                return ""

    def _show_more(self, everything: bool) -> None:
        self._table.show_all(everything)
        self._take_height()

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
            self._cancel.setEnabled(not run.job.cancelling)
            self._bar.setRange(0, progress.total if progress else 0)
            self._bar.setValue(progress.done if progress else 0)

    def _explain_failure(self, error: Exception) -> None:
        self._explanation.setText(sentence(error))
        self._explanation.show()

    def _promote(self) -> None:
        try:
            name = self._retraining.promote().name
        except UserError as error:
            self.failed.emit(error)
            return
        self.promoted.emit(name)
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._retraining.running:
            # Hidden, it goes on: the status bar shows it and has its Cancel, and the window comes back with the result.
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
        """Escape closes as the close button does."""
        self.close()


def _main_button(text: str, run: object) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("main", True)
    button.clicked.connect(run)
    return button


def _highlight(button: QPushButton, main: bool) -> None:
    if button.property("main") != main:
        button.setProperty("main", main)
        button.style().unpolish(button)
        button.style().polish(button)
