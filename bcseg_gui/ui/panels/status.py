"""The status bar: pointer position, scale, cell size, model and running job."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStatusBar,
    QWidget,
)

from bcseg_gui.core.i18n import _, ngettext, number
from bcseg_gui.core.models import ModelVersion
from bcseg_gui.core.slides import Slide
from bcseg_gui.session.jobs import Job, Jobs
from bcseg_gui.session.models import EngineInfo
from bcseg_gui.session.session import Session

from ..widgets.combo_box import ComboBox
from ..widgets.elided import ElidedLabel
from .cell_size import CellSizeBox
from .page import PagePicker
from .scale import ScaleBox

SHORTEST_MODEL, LONGEST_WORK = 100, 280
"""Device-independent pixels to which a model's name and the job's progress are cut when space is short."""


class StatusBar(QStatusBar):
    """In a narrow window the least needed parts go first, and long texts are cut short."""

    modelChosen = Signal(str)
    cellDiameterChosen = Signal(object)
    """Level-0 pixels, or None: automatic"""
    scaleChosen = Signal(object)
    """µm per level-0 pixel, or None: unknown"""
    pageChosen = Signal(int)

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._jobs = jobs
        self._position, self._color = QLabel(), QLabel()
        self._position.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._color.setToolTip(_("Red, green and blue of the picture under the pointer, 0 to 255"))
        self._color.setFixedWidth(self._color.fontMetrics().horizontalAdvance("· 255 255 255") + 4)
        self._scale = ScaleBox()
        self._scale.chosen.connect(self.scaleChosen)
        self._page = PagePicker()
        self._page.chosen.connect(self.pageChosen)
        self._cell_size = CellSizeBox()
        self._cell_size.chosen.connect(self.cellDiameterChosen)
        self._model = ComboBox()
        self._model.setObjectName("model")
        self._model.setAccessibleName(_("Model"))
        self._model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._model.setMinimumWidth(SHORTEST_MODEL)
        self._model.activated.connect(lambda row: self.modelChosen.emit(self._model.itemData(row)))
        self._model_label = QLabel(_("model"))
        self._model_label.setBuddy(self._model)
        self._work = ElidedLabel(LONGEST_WORK)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedSize(90, 8)
        self._cancel = QPushButton(_("Cancel"))
        self._cancel.clicked.connect(self._cancel_clicked)
        for name, part in (
            ("position", self._position),
            ("color", self._color),
            ("work", self._work),
            ("progress", self._bar),
            ("cancel", self._cancel),
            ("modelLabel", self._model_label),
        ):
            part.setObjectName(name)
        pointer = _row(self._position, self._color, spacing=4, margin=0)
        self._slide = _row(pointer, self._scale, self._page, self._cell_size)
        self.addWidget(self._slide)
        self.addPermanentWidget(_row(self._work, self._bar, self._cancel))
        self.addPermanentWidget(_row(self._model_label, self._model, spacing=6))
        self._dispensable = (self._color, self._model_label, self._page.label, self._bar, self._position)
        """The least needed first"""
        jobs.changed.connect(self._show_jobs)
        self._show_jobs()

    def show_position(self, position: tuple[int, int] | None, rgb: tuple[int, int, int] | None = None) -> None:
        """Show the level-0 pixel under the pointer, and its colour if already known."""
        self._position.setText("" if position is None else "{}, {}".format(*position))
        # Figure spaces keep the numbers in place while the pointer moves.
        figures = "" if rgb is None else " ".join(str(value).rjust(3, "\u2007") for value in rgb)
        self._color.setText(f"· {figures}" if position is not None and figures else "")

    def show_session(self, session: Session) -> None:
        document = session.document
        self._slide.setVisible(document is not None)
        if document is not None:
            self._show_slide(document.slide, session.scale.mpp)
        if (size := session.scale.cell_size) is not None:
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
        self._model.setToolTip(_about_model(session.models.engine(active.name) if active is not None else None))

    def _show_slide(self, slide: Slide, mpp: float | None) -> None:
        self._scale.show_scale(mpp, slide.objective_power, is_given=not slide.mpp)
        self._page.show_pages(slide.page_names, slide.page)
        widest = "{}, {}".format(*slide.dimensions)
        self._position.setFixedWidth(self._position.fontMetrics().horizontalAdvance(widest) + 4)

    def _show_jobs(self) -> None:
        running = self._jobs.running
        for widget in (self._work, self._cancel):
            widget.setVisible(bool(running))
        if running:
            self._show_job(running[0], running[1:])
        self._fit()  # the progress bar came or went

    def _show_job(self, job: Job, waiting: Sequence[Job]) -> None:
        progress = job.progress if not self._jobs.is_trying else None
        self._bar.setMaximum(progress.total if progress else 0)
        self._bar.setValue(progress.done if progress else 0)
        text = _("First use: trying what is fastest here…") if self._jobs.is_trying else progress_text(job)
        if job.cancelling:
            text = _("Stopping…")
        if waiting:
            text = _("{work} waits").format(work=waiting[-1].title) + " · " + text
        self._work.setText(text)
        newest = waiting[-1] if waiting else job
        self._cancel.setEnabled(not newest.cancelling)
        self._cancel.setToolTip(_("Stop: {work}").format(work=newest.title))

    def _cancel_clicked(self) -> None:
        """Cancel the latest job: stopping a picture that waits costs nothing, stopping hours of training does."""
        if running := self._jobs.running:
            running[-1].cancel()

    # -- fitting --------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:  # a part changed its width
            self._fit()
        return handled

    def minimumSizeHint(self) -> QSize:
        """Let the window become narrow, however long the texts."""
        return QSize(0, super().minimumSizeHint().height())

    def _fit(self) -> None:
        """Decide by summed widths, not by trial: hiding and showing would request another layout."""
        layout = self.layout()
        if layout is None:
            return
        needed = layout.minimumSize().width()
        needed -= sum(_width(part) for part in self._dispensable if not part.isHidden() and _row_is_shown(part))
        wanted = [part for part in self._dispensable if _row_is_shown(part)]
        if not self._jobs.running:
            wanted.remove(self._bar)
        needed += sum(_width(part) for part in wanted)
        while wanted and needed > self.width():
            needed -= _width(wanted.pop(0))
        for part in self._dispensable:
            part.setVisible(part in wanted)


def model_titles(versions: Sequence[ModelVersion]) -> dict[str, str]:
    """Return a title per model name, which leads with the speed where there is a choice of speeds."""
    if len({version.fast for version in versions}) < 2:
        return {version.name: version.name for version in versions}
    speed = {True: _("fast"), False: _("accurate")}
    return {version.name: f"{speed[version.fast]} · {version.name}" for version in versions}


def _about_model(ran: EngineInfo | None) -> str:
    """Return a tool tip that says what the model runs on."""
    text = _("The model that finds the cells. A fast one takes a third of the time and is a little less accurate.")
    if ran is None:
        return text
    engine = ran.engine.replace("openvino", "OpenVINO").replace("torch", "PyTorch").replace("-", " ")
    computed = _("Computed by {engine}.") if ran.seconds is None else _("Computed by {engine}, last in {seconds} s.")
    return text + "\n" + computed.format(engine=engine, seconds=number(ran.seconds or 0, 1))


def progress_text(job: Job) -> str:
    """Return “Segmenting 62 % · 4 s left”, for example."""
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


def _row_is_shown(part: QWidget) -> bool:
    """Whether the row that holds it is visible."""
    parent = part.parentWidget()
    return parent is None or not parent.isHidden()


def _width(part: QWidget) -> int:
    """Return the width a part needs, with the spacing beside it."""
    parent = part.parentWidget()
    layout = parent.layout() if parent is not None else None
    hint = part.minimumSizeHint().expandedTo(part.minimumSize()).boundedTo(part.maximumSize())
    return hint.width() + (layout.spacing() if layout is not None else 0)


def _row(*widgets: QWidget, spacing: int = 14, margin: int = 6) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(margin, 2 if margin else 0, margin, 2 if margin else 0)
    layout.setSpacing(spacing)
    for widget in widgets:
        layout.addWidget(widget)
    return row
