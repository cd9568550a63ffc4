"""The line below: where the pointer is, the slide's scale, the model, and what is being computed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLocale, QSignalBlocker, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStatusBar,
    QWidget,
)

from ...core.i18n import _, ngettext
from ...session.jobs import Job, Jobs
from ...session.session import Session
from .number_box import NumberBox


class StatusBar(QStatusBar):
    modelChosen = Signal(str)
    cellDiameterChosen = Signal(float)

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._jobs = jobs
        self._position = QLabel()
        self._position.setMinimumWidth(self._position.fontMetrics().horizontalAdvance("00 000, 00 000") + 8)
        self._scale = QLabel()
        self._diameter = NumberBox()
        self._diameter.setRange(2, 2000)
        self._diameter.setSuffix(" px")
        self._diameter.setKeyboardTracking(False)
        self._diameter.setAccessibleName(_("Cell diameter in pixels"))
        self._diameter.setToolTip(
            _("Diameter of a red cell in this picture. The model looks at cells of this size; set it when too few "
              "or torn cells are found.")
        )  # fmt: skip
        self._diameter.valueChanged.connect(lambda value: self.cellDiameterChosen.emit(float(value)))
        self._model = _Choice()
        self._model.setAccessibleName(_("Model"))
        self._model.setToolTip(_("The model that finds the cells"))
        self._model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._model.activated.connect(lambda row: self.modelChosen.emit(self._model.itemData(row)))
        self._work = QLabel()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._bar.setMinimumWidth(40)
        self._bar.setMaximumWidth(140)
        self._cancel = QPushButton(_("Cancel"))
        self._cancel.clicked.connect(self._cancel_clicked)
        self._slide = _row(self._position, self._scale, _labelled(_("cell ø"), self._diameter))
        self.addWidget(self._slide)
        self.addPermanentWidget(_row(self._work, self._bar, self._cancel))
        self.addPermanentWidget(_row(_labelled(_("model"), self._model)))
        jobs.changed.connect(self._show_jobs)
        self._show_jobs()

    def show_position(self, position: tuple[int, int] | None) -> None:
        self._position.setText("" if position is None else "{}, {}".format(*position))

    def show_session(self, session: Session) -> None:
        document = session.document
        self._slide.setVisible(document is not None)
        mpp = document.slide.mpp if document is not None else None
        self._scale.setText(_("{mpp} µm/px").format(mpp=QLocale().toString(mpp, "g", 3)) if mpp else "")
        self._scale.setVisible(bool(mpp))
        with QSignalBlocker(self._diameter):
            self._diameter.setValue(round(session.cell_diameter or 0))
        versions = session.models.versions
        active = session.models.active
        with QSignalBlocker(self._model):
            if [self._model.itemData(row) for row in range(self._model.count())] != [v.name for v in versions]:
                self._model.clear()
                for version in versions:
                    self._model.addItem(version.name, version.name)
            self._model.setCurrentIndex(self._model.findData(active.name if active else None))
        self._model.setEnabled(bool(versions))

    def _show_jobs(self) -> None:
        running = self._jobs.running
        for widget in (self._work, self._bar, self._cancel):
            widget.setVisible(bool(running))
        if running:
            self._show_job(running[0], running[1:])

    def _show_job(self, job: Job, waiting: Sequence[Job]) -> None:
        progress = job.progress
        self._bar.setMaximum(progress.total if progress else 0)
        self._bar.setValue(progress.done if progress else 0)
        text = _("Stopping…") if job.cancelling else progress_text(job)
        if waiting:
            text = _("{work} waits").format(work=waiting[-1].title) + " · " + text
        self._work.setText(text)
        newest = waiting[-1] if waiting else job
        self._cancel.setEnabled(not newest.cancelling)
        self._cancel.setToolTip(_("Stop: {work}").format(work=newest.title))

    def _cancel_clicked(self) -> None:
        """What was asked for last: a picture that waits costs nothing to stop, hours of learning do."""
        if running := self._jobs.running:
            running[-1].cancel()


class _Choice(QComboBox):
    """A wheel that passes by chooses nothing."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def progress_text(job: Job) -> str:
    """For example “Segmenting 62 % · 4 s left”."""
    progress = job.progress
    if progress is None or progress.total <= 0:
        return _("{work}…").format(work=job.title)
    text = f"{job.title} {100 * progress.done // progress.total} %"
    if progress.seconds_left is not None:
        text += " · " + time_left(progress.seconds_left)
    return text


def time_left(seconds: float) -> str:
    if seconds < 90:
        return _("{n} s left").format(n=max(1, round(seconds)))
    minutes = round(seconds / 60)
    return ngettext("{n} min left", "{n} min left", minutes).format(n=minutes)


def _labelled(text: str, widget: QWidget) -> QWidget:
    label = QLabel(text)
    label.setBuddy(widget)
    return _row(label, widget, spacing=6)


def _row(*widgets: QWidget, spacing: int = 14) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(6, 2, 6, 2)
    layout.setSpacing(spacing)
    for widget in widgets:
        layout.addWidget(widget)
    return row
