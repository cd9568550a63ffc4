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
from ...core.project import ModelVersion
from ...session.jobs import Job, Jobs
from ...session.session import Session
from .cell_size import CellSizeBox


class StatusBar(QStatusBar):
    modelChosen = Signal(str)
    cellDiameterChosen = Signal(object)
    """level-0 pixels, or None: automatic"""

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._jobs = jobs
        self._position = QLabel()
        self._position.setMinimumWidth(self._position.fontMetrics().horizontalAdvance("00 000, 00 000") + 8)
        self._scale = QLabel()
        self._cell_size = CellSizeBox()
        self._cell_size.chosen.connect(self.cellDiameterChosen)
        self._model = _Choice()
        self._model.setAccessibleName(_("Model"))
        self._model.setToolTip(
            _("The model that finds the cells. A fast one takes a third of the time and is a little less accurate.")
        )
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
        self._slide = _row(self._position, self._scale, self._cell_size)
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
        if (size := session.cell_size) is not None:
            self._cell_size.show_size(size)
        versions = session.models.versions
        active = session.models.active
        with QSignalBlocker(self._model):
            titles = model_titles(versions)
            if [self._model.itemText(row) for row in range(self._model.count())] != list(titles.values()):
                self._model.clear()
                for name, title in titles.items():
                    self._model.addItem(title, name)
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


def model_titles(versions: Sequence[ModelVersion]) -> dict[str, str]:
    """What to read for each model's name; where there is a choice of speed, that comes first."""
    if len({version.fast for version in versions}) < 2:
        return {version.name: version.name for version in versions}
    speed = {True: _("fast"), False: _("accurate")}
    return {version.name: f"{speed[version.fast]} · {version.name}" for version in versions}


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
