"""What happens when a person chooses an action: one small method each, named by the action's key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.i18n import _, sentence
from bcseg_gui.core.masks.failures import DamagedMaskError
from bcseg_gui.core.project.classes import FOUND_ID, at_key
from bcseg_gui.core.slides import PICTURE_SUFFIXES, SLIDE_SUFFIXES
from bcseg_gui.core.tools.cell import CellShape
from bcseg_gui.session.importing import import_mask
from bcseg_gui.session.next_up import Suggested, more
from bcseg_gui.session.retraining import Retraining, is_interrupted
from bcseg_gui.session.samples import sample_folder
from bcseg_gui.session.session import Session

from .. import messages
from ..action_table import CELL_MENU, TOOLS
from ..messages import MessageBar
from ..slide_view import SlideView
from ..tools import Tool
from ..tools.brush import RADIUS_STEP
from ..tools.cell_operations import CellOperations
from ..tools.toolbox import make_tool

ZOOM_STEP = 1.25
DURING_A_STROKE = frozenset({"brush_smaller", "brush_larger", "fit", "actual", "zoom_in", "zoom_out", "undo"})
"""What leaves the stroke under way alone, or knows what to do with it."""


class Operations(QObject):
    def __init__(self, session: Session, view: SlideView, bar: MessageBar, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._view, self._bar, self._window = session, view, bar, window
        self._retraining: Retraining | None = None
        self._clipboard: list[CellShape] = []
        self._refused: tuple[Path, ...] = ()
        """What could not be opened, last"""
        self._cells: CellOperations | None = None
        session.segmenting.may_give_up = self._may_give_up_run

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        """Action key → what it does; a UserError is told in the message bar."""
        names = (
            *("open", "open_folder", "open_sample", "import_mask", "export", "quit", "quick_segment", "accept"),
            *("segment", "segment_visible", "segment_selection", "segment_whole", "resume"),
            *("select_nothing", "brush_smaller", "brush_larger", "undo", "redo", "classes"),
            *("reviewed", "not_reviewed", "previous", "next", "next_up", "retrain", "models", "import_model"),
            *("fit", "actual", "zoom_in", "zoom_out", "rotate_left", "rotate_right", "slide_info"),
            *("shortcuts", "about"),
        )
        methods: dict[str, Callable[[], None]] = {name: getattr(self, name) for name in names}
        methods |= {tool: partial(self._take, tool) for tool in TOOLS if tool is not None}
        methods |= {name: partial(self._change_cells, name) for name in CELL_MENU if name is not None}
        attempting = {name: partial(self._act, name, run) for name, run in methods.items()}
        # To these the panels and the view listen themselves.
        listened = ("show_mask", "contour", "show_manual", "loupe", "show_minimap")
        return {**attempting, **dict.fromkeys(listened, _nothing)}

    def _act(self, name: str, run: Callable[[], object]) -> None:
        if name not in DURING_A_STROKE:
            self._view.settle()
        self.attempt(run)

    def attempt(self, run: Callable[[], object]) -> bool:
        """Run it; tell the person when that fails. True when it did not."""
        try:
            run()
        except UserError as error:
            self.tell(error)
            return False
        return True

    def tell(self, error: BaseException) -> None:
        """Say what went wrong; of a damaged mask, offer to recover it."""
        self._bar.problem(error)
        if isinstance(error, DamagedMaskError):
            # Later: while a project is being opened nobody else can open it.
            QTimer.singleShot(0, self, lambda: self._offer_recovery(error))

    def _offer_recovery(self, error: DamagedMaskError) -> None:
        from bcseg_gui.session.recovering import Recovering

        from ..dialogs.recover import RecoverDialog

        if self._window.findChild(RecoverDialog) is not None:
            return
        try:
            recovering = Recovering(self._session, error)
        except UserError as problem:
            self._bar.problem(problem)
            return
        dialog = RecoverDialog(recovering, self._window)
        dialog.recovered.connect(self._recovered)
        dialog.open()

    def _recovered(self, text: str) -> None:
        if self._session.document is None and self._refused:
            self.open_paths(self._refused)
        self._bar.inform(text)

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
        self._view.settle()
        self._bar.hide()
        with _busy():
            opened = self.attempt(lambda: self._session.open(paths))
        self._refused = () if opened else tuple(paths)
        if opened:
            self.forget_training()
            if is_interrupted(self._session):
                self._bar.inform(_("A retraining was interrupted. Press Retrain to go on with it."))
            QSettings().setValue("lastFolder", str(paths[0].absolute().parent))
            self._session.warm_up()

    def import_mask(self) -> None:
        document = self._session.document
        if document is None:
            return
        title = _("Import a mask of “{name}”").format(name=document.path.name)
        pictures = _("Masks ({suffixes})").format(suffixes="*.png *.tif *.tiff *.bmp")
        file, _filter = QFileDialog.getOpenFileName(
            self._window, title, _last_folder(), ";;".join((pictures, _("All files (*)")))
        )
        if file:
            with _busy():
                changed = import_mask(document, Path(file), {known.id for known in self._session.classes.list})
            if not changed:
                self._bar.inform(_("This mask is what the picture has already."))

    def export(self) -> None:
        from ..dialogs.export import ExportDialog

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

    def adjust(self, threshold: float, splitting: float) -> None:
        self.attempt(lambda: self._session.segmenting.adjust(threshold, splitting))

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
        self._view.settle()
        self._bar.hide()
        self.attempt(lambda: self._session.select(index))

    def previous(self) -> None:
        self._bar.hide()
        self._session.step(-1)

    def next(self) -> None:
        self._bar.hide()
        self._session.step(1)

    def jump(self, seq: int) -> None:
        """To the state after the edit of this number; 0: before the first."""
        self._view.settle()
        if self._session.document is not None:
            with _busy():
                self._session.document.jump(seq)

    def accept(self) -> None:
        if self._session.document is not None:
            with _busy():
                self._session.document.accept()

    def classes(self) -> None:
        self.edit_classes(self._session.tools.class_id)

    def edit_classes(self, class_id: int) -> None:
        """`class_id` is in front; 0: a new one."""
        from ..dialogs.classes import ClassesDialog

        ClassesDialog(self._session.classes, self._window, class_id).open()

    def choose_key(self, key: int) -> None:
        """As `choose_class`, by the class's key, 1 to 9."""
        chosen = at_key(self._session.classes.list, key)
        if chosen is not None:
            self.choose_class(chosen.id)

    def choose_class(self, class_id: int) -> None:
        """Take a class in hand, and give it to the cells that are picked."""
        self._view.settle()
        self._session.classes.choose(class_id)
        if self._cells is not None and self._cells.picked:
            self._cells.recolour(class_id)

    def undo(self) -> None:
        """Of what a tool has begun the last step, else the last edit."""
        document = self._session.document
        if self._view.undo_step() or document is None:
            return
        if document.segmenting:
            self._bar.inform(_("Stop the segmentation, or wait for its end, before you undo something."))
            return
        with _busy():  # of a whole slide it takes seconds
            document.undo()

    def redo(self) -> None:
        if self._session.document is not None:
            with _busy():
                self._session.document.redo()

    # -- tools and view -------------------------------------------------------------------------------------------

    def make_tool(self, name: str) -> Tool:
        """A new tool for the slide in front."""
        document = self._session.document
        assert document is not None
        assert self._cells is not None
        return make_tool(name, document, self._view, self._cells)

    def document_shown(self) -> None:
        """Another slide is in front, or none."""
        document = self._session.document
        self.classes_changed()
        self._cells = CellOperations(document, self._view, self._clipboard) if document is not None else None

    def classes_changed(self) -> None:
        """What was copied where there were other classes becomes a cell of the first."""
        known = {one.id for one in self._session.classes.list}
        self._clipboard[:] = [
            cell if cell.class_id in known else replace(cell, class_id=FOUND_ID) for cell in self._clipboard
        ]

    def mask_changed(self, region: Region) -> None:
        """Of the slide in front."""
        if self._cells is not None:
            self._cells.mask_changed(region)

    def _change_cells(self, name: str) -> None:
        """Delete, join, … the cells that are picked, else the one under the pointer."""
        if self._cells is not None:
            run: Callable[[], None] = getattr(self._cells, name)
            run()

    def select_nothing(self) -> None:
        self._view.set_selection(())

    def _take(self, tool: str) -> None:
        if self._session.document is not None:
            if tool == self._session.tools.tool:  # back from picking a white, say
                self._view.set_tool(self.make_tool(tool))
            self._session.tools.tool = tool
            self._view.setFocus()

    def brush_smaller(self) -> None:
        self._resize_brush(1 / RADIUS_STEP)

    def brush_larger(self) -> None:
        self._resize_brush(RADIUS_STEP)

    def _resize_brush(self, factor: float) -> None:
        self._session.tools.brush_radius *= factor

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
        from ..dialogs.slide_info import SlideInfoDialog

        if self._session.document is not None:
            SlideInfoDialog(self._session.document.slide, self._window, given_mpp=self._session.mpp).open()

    def next_up(self) -> None:
        """To the next spot that the model doubts; before the first one it looks for them."""
        next_up = self._session.next_up
        if (found := next_up.next_spot()) is not None:
            self.go_to(*found)
        elif more(next_up.suggestions):
            next_up.begin_anew()
            self._bar.inform(_("You have been to all places that the model doubts. Press Ctrl+J to begin anew."))
        elif any(not each.done for each in next_up.suggestions):
            self._bar.inform(_("What is left would teach the model little."))
        else:
            next_up.look()

    def ranked(self) -> None:
        """The model has looked for what it doubts."""
        next_up = self._session.next_up
        found = next_up.next_spot(stay=False)
        if not next_up.suggestions:
            self._bar.inform(_("None of these pictures could be read."))
        elif found is None:
            self._bar.inform(_("The model is sure of the pictures that are left."))
        elif not next_up.is_waited_for or self._view.is_busy or QApplication.activeModalWidget() is not None:
            self._bar.inform(_("The pictures are sorted. Press Ctrl+J to go to what the model doubts."))
        else:
            self.go_to(*found)

    def go_to(self, suggested: Suggested, spot: Region) -> None:
        """Bring what the model doubts to the front."""
        place = self._session.worklist.place(suggested.path)
        if place != self._session.index:
            self.select(place)
        if place == self._session.index:  # else it does not open, and that is told
            self._view.settle()
            self._view.show_spot(spot)
            self._session.next_up.went_to(suggested, spot)

    # -- models ---------------------------------------------------------------------------------------------------

    def retrain(self) -> None:
        from ..dialogs.retrain import RetrainDialog

        if self._retraining is None:
            self._retraining = Retraining(self._session, self)
            dialog = RetrainDialog(self._retraining, self._window)
            dialog.finished.connect(self.forget_training)
            dialog.failed.connect(self._bar.problem)
            dialog.anew.connect(self._retrain_anew)
            dialog.promoted.connect(
                lambda name: self._bar.inform(_("“{model}” finds the cells from now on.").format(model=name))
            )
            self._dialog = dialog
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()

    def _retrain_anew(self) -> None:
        self.forget_training()
        self.attempt(self.retrain)

    def forget_training(self) -> None:
        if self._retraining is not None:
            self._retraining.stop()
            self._retraining.deleteLater()
            self._retraining = None
            self._dialog.deleteLater()

    def models(self) -> None:
        from ..dialogs.models import ModelsDialog

        dialog = ModelsDialog(self._session.models, self._window)
        dialog.compare.connect(lambda left, right: self.attempt(lambda: self.compare_models(left, right)))
        dialog.open()

    def compare_models(self, left: str, right: str) -> None:
        from bcseg_gui.session.comparing import Comparing

        from ..dialogs.compare import CompareDialog

        comparing = Comparing(self._session, self._view.visible_region())
        CompareDialog(comparing, self._session, left, right, self._window).open()

    def import_model(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, _("Choose a model folder"), _last_folder())
        if folder:
            version = self._session.models.take(Path(folder))
            self._bar.inform(_("“{model}” finds the cells from now on.").format(model=version.name))

    def shortcuts(self) -> None:
        from ..dialogs.shortcuts import ShortcutsDialog

        ShortcutsDialog(self._window).open()

    def about(self) -> None:
        from ..dialogs.about import AboutDialog

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
        question = _("The model is still learning. It stops now, and can go on from here when you press Retrain.")
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
