"""What happens when a person chooses an action: one small method each, named by the action's key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, QSettings, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from ..core.errors import UserError
from ..core.i18n import _, sentence
from ..core.slides import PICTURE_SUFFIXES, SLIDE_SUFFIXES
from ..session.retraining import Retraining
from ..session.samples import sample_folder
from ..session.session import Session
from . import messages
from .messages import MessageBar
from .slide_view import SlideView
from .tools.brush import RADIUS_STEP

ZOOM_STEP = 1.25


class Operations(QObject):
    def __init__(self, session: Session, view: SlideView, bar: MessageBar, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._view, self._bar, self._window = session, view, bar, window
        self._retraining: Retraining | None = None
        session.segmenting.may_give_up = self._may_give_up_run

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        """Action key → what it does; a UserError is told in the message bar."""
        names = (
            *("open", "open_folder", "open_sample", "export", "quit", "quick_segment"),
            *("segment", "segment_visible", "segment_selection", "segment_whole", "resume"),
            *("pan", "select_rectangle", "select_lasso", "brush", "eraser", "select_nothing"),
            *("brush_smaller", "brush_larger", "undo", "redo"),
            *("reviewed", "not_reviewed", "previous", "next", "retrain", "import_model"),
            *("fit", "actual", "zoom_in", "zoom_out", "rotate_left", "rotate_right", "slide_info", "about"),
        )
        methods: dict[str, Callable[[], None]] = {name: getattr(self, name) for name in names}
        attempting = {name: partial(self.attempt, run) for name, run in methods.items()}
        # To these the panels and the view listen themselves.
        return {**attempting, **dict.fromkeys(("show_mask", "contour", "show_minimap"), _nothing)}

    def attempt(self, run: Callable[[], object]) -> bool:
        """Run it; tell the person when that fails. True when it did not."""
        try:
            run()
        except UserError as error:
            self._bar.problem(error)
            return False
        return True

    # -- files ----------------------------------------------------------------------------------------------------

    def open(self) -> None:
        suffixes = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in (*PICTURE_SUFFIXES, *SLIDE_SUFFIXES))
        files, _filter = QFileDialog.getOpenFileNames(
            self._window,
            _("Open pictures or slides"),
            _last_folder(),
            ";;".join((_("Pictures and slides ({suffixes})").format(suffixes=suffixes), _("All files (*)"))),
        )
        if files:
            self.open_paths([Path(file) for file in files])

    def open_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, _("Open a folder or a project"), _last_folder())
        if folder:
            self.open_paths([Path(folder)])

    def open_sample(self) -> None:
        self.open_paths([sample_folder()])

    def open_paths(self, paths: Sequence[Path]) -> None:
        if not paths or not self._may_leave_training(_("Open something else")):
            return
        self._bar.hide()
        with _busy():
            opened = self.attempt(lambda: self._session.open(paths))
        if opened:
            self.forget_training()
            QSettings().setValue("lastFolder", str(paths[0].absolute().parent))
            self._session.warm_up()

    def export(self) -> None:
        from .dialogs.export import ExportDialog

        project = self._session.project
        if project is None:
            return
        folder = QFileDialog.getExistingDirectory(
            self._window, _("Where shall the pictures and masks go?"), _last_folder()
        )
        if folder:
            self._session.keep()
            ExportDialog(project, Path(folder) / f"{project.name}-pairs", self._window).open()

    def quit(self) -> None:
        self._window.close()

    # -- cells ----------------------------------------------------------------------------------------------------

    def segment(self) -> None:
        self._session.segmenting.picture(self._looked_at(), self._view.visible_region())

    def segment_visible(self) -> None:
        self._session.segmenting.visible(self._view.visible_region())

    def segment_selection(self) -> None:
        self._session.segmenting.selection(self._looked_at())

    def segment_whole(self) -> None:
        self._session.segmenting.whole(self._looked_at())

    def resume(self) -> None:
        self._session.segmenting.resume(self._looked_at())

    def quick_segment(self) -> None:
        self._session.segmenting.quick(self._looked_at(), self._view.visible_region())

    def _looked_at(self) -> QPoint:
        """The middle of what is seen of the slide, in level-0 pixels."""
        seen = self._view.visible_region()
        return QPoint(seen.x + seen.w // 2, seen.y + seen.h // 2)

    def reviewed(self) -> None:
        self._bar.hide()
        self._session.reviewing.mark(self._view.visible_region())

    def not_reviewed(self) -> None:
        self._session.reviewing.unmark()

    def select(self, index: int) -> None:
        """Another picture of the worklist; what was said of the one before is over."""
        self._bar.hide()
        self.attempt(lambda: self._session.select(index))

    def previous(self) -> None:
        self._bar.hide()
        self._session.step(-1)

    def next(self) -> None:
        self._bar.hide()
        self._session.step(1)

    def undo(self) -> None:
        if self._session.document is not None:
            with _busy():  # of a whole slide it takes seconds
                self._session.document.undo()

    def redo(self) -> None:
        if self._session.document is not None:
            with _busy():
                self._session.document.redo()

    # -- tools and view -------------------------------------------------------------------------------------------

    def pan(self) -> None:
        self._take("pan")

    def brush(self) -> None:
        self._take("brush")

    def eraser(self) -> None:
        self._take("eraser")

    def select_rectangle(self) -> None:
        self._take("select_rectangle")

    def select_lasso(self) -> None:
        self._take("select_lasso")

    def select_nothing(self) -> None:
        self._view.set_selection(())

    def _take(self, tool: str) -> None:
        if self._session.document is not None:
            self._session.tools.tool = tool
            self._view.setFocus()

    def brush_smaller(self) -> None:
        self._resize_brush(1 / RADIUS_STEP)

    def brush_larger(self) -> None:
        self._resize_brush(RADIUS_STEP)

    def _resize_brush(self, factor: float) -> None:
        self._session.tools.brush_radius *= factor

    def set_brush_radius(self, radius: float) -> None:
        self._session.tools.brush_radius = radius

    def fit(self) -> None:
        self._view.fit()

    def actual(self) -> None:
        self._view.actual_pixels()

    def zoom_in(self) -> None:
        self._view.zoom_by(ZOOM_STEP)

    def zoom_out(self) -> None:
        self._view.zoom_by(1 / ZOOM_STEP)

    def rotate_left(self) -> None:
        self._view.rotate(-1)

    def rotate_right(self) -> None:
        self._view.rotate(1)

    def slide_info(self) -> None:
        from .dialogs.slide_info import SlideInfoDialog

        if self._session.document is not None:
            SlideInfoDialog(self._session.document.slide, self._window, given_mpp=self._session.mpp).open()

    # -- models ---------------------------------------------------------------------------------------------------

    def retrain(self) -> None:
        from .dialogs.retrain import RetrainDialog

        if self._retraining is None:
            self._retraining = Retraining(self._session, self)
            dialog = RetrainDialog(self._retraining, self._window)
            dialog.finished.connect(self.forget_training)
            dialog.failed.connect(self._bar.problem)
            dialog.promoted.connect(
                lambda name: self._bar.inform(_("“{model}” finds the cells from now on.").format(model=name))
            )
            self._dialog = dialog
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()

    def forget_training(self) -> None:
        if self._retraining is not None:
            self._retraining.stop()
            self._retraining.deleteLater()
            self._retraining = None
            self._dialog.deleteLater()

    def import_model(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, _("Choose a model folder"), _last_folder())
        if folder:
            version = self._session.models.take(Path(folder))
            self._bar.inform(_("“{model}” finds the cells from now on.").format(model=version.name))

    def about(self) -> None:
        from .dialogs.about import AboutDialog

        AboutDialog(self._session.models.active, self._window).open()

    # -- leaving --------------------------------------------------------------------------------------------------

    def may_close(self) -> bool:
        return self._may_leave_training(_("Quit")) and self._may_give_up_unwritten()

    def stop(self) -> None:
        """The window closes: leave nothing running or open."""
        self.forget_training()

    def _may_leave_training(self, action: str) -> bool:
        if self._retraining is None or not self._retraining.running:
            return True
        question = _("The model is still learning. What it has learnt so far is lost when you go on.")
        return messages.ask(self._window, question, action, _("Keep learning"))

    def _may_give_up_run(self, percent: int) -> bool:
        question = _(
            "A segmentation that was stopped at {percent} % could not be taken up any more. What it found stays."
        )
        return messages.ask(self._window, question.format(percent=percent), _("Segment this part"), _("Go back"))

    def _may_give_up_unwritten(self) -> bool:
        try:
            self._session.keep()
        except UserError as error:
            question = _("{problem} What you did last is not saved yet, and is lost when you quit now.")
            return messages.ask(self._window, question.format(problem=sentence(error)), _("Quit"), _("Go back"))
        return True


def _nothing() -> None:
    pass


@contextmanager
def _busy() -> Iterator[None]:
    """The pointer says that this may take a moment."""
    QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
    try:
        yield
    finally:
        QApplication.restoreOverrideCursor()


def _last_folder() -> str:
    return str(QSettings().value("lastFolder", str(Path.home())))
