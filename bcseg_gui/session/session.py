"""What is open: the project, its worklist, the slide in front, the model in use. Widgets talk to this."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bcseg_gui.compute.protocol import WarmUp
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import fingerprint
from bcseg_gui.core.i18n import _, sentence
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.project import Project, SlideEntry
from bcseg_gui.core.project.backup import told
from bcseg_gui.core.slides import Slide, open_slide
from bcseg_gui.core.slides.slide import PLAUSIBLE_MPP

from .backups import Backups
from .cell_size import CellSize, CellSizes
from .classes import Classes
from .document import Document
from .jobs import Jobs
from .models import Models, Ran
from .next_up import NextUp
from .reviewing import Reviewing
from .segmenting import Segmenting
from .time_spent import TimeSpent
from .tool_settings import ToolSettings
from .worklist import Opening, Worklist, locate, worklist

log = logging.getLogger(__name__)


class Session(QObject):
    """One project at most, one slide in front. A slide left while it is being segmented stays open until that ends.

    A method that raises UserError has changed nothing that was open. The project of loose pictures is made when
    there is something to keep, not by looking.
    """

    worklistChanged = Signal()
    documentChanged = Signal()
    stateChanged = Signal()
    """something that decides what can be done now: status, segmentation, number of reviewed pictures"""
    historyChanged = Signal()
    """of a picture that is open: what can be undone, whether a segmentation can be taken up"""
    said = Signal(str)
    failed = Signal(object)
    """UserError that came while nobody waited for it"""

    def __init__(self, jobs: Jobs, bundled: Path, library: Path, parent: QObject | None = None) -> None:
        """`bundled`: models that came with the app; `library`: those of pictures without a project."""
        super().__init__(parent)
        self.jobs = jobs
        jobs.warned.connect(self.failed)
        self.project: Project | None = None
        self.document: Document | None = None
        self.worklist = Worklist()
        self.models = Models(bundled, library, self)
        self.next_up = NextUp(self)
        self.models.changed.connect(self.stateChanged)
        self.segmenting = Segmenting(self)
        self.reviewing = Reviewing(self)
        self.tools = ToolSettings(self)
        self.classes = Classes(lambda: self.project, self.needed_project, self.keep, self.tools, self)
        self.times = TimeSpent(self._add_seconds, self)
        self.backups = Backups(self)
        self._sizes = CellSizes(self)
        self._sizes.found.connect(self.stateChanged)
        self.neighbour: Callable[[int, int], int | None] = lambda place, by: self.worklist.neighbour(place, by)
        """Place of the picture before (−1) or after (+1) that at a place, in the order shown"""
        self._home: Path | None = None
        self._unremembered: Opening | None = None
        self._documents: dict[Path, Document] = {}

    # -- opening --------------------------------------------------------------------------------------------------

    def open(self, paths: Sequence[Path]) -> None:
        """Open pictures, folders of them, or one project. Raises UserError; what was open then still is."""
        self.keep()
        opening = locate([Path(path).absolute() for path in paths], self._opened)
        project, home = opening.project, opening.home
        stays = home == self._home and project is self.project
        try:
            # One that was only looked at is read again: its file may have changed.
            known = {path: kept for path, kept in self._documents.items() if stays and kept.mask is not None}
            items, document = self._first_that_opens(worklist(opening), project, known)
        except BaseException:
            if project is not None and project is not self.project:
                project.close()
            raise
        if not stays:
            self._leave_project()
            self.project, self._home = project, home
            self._project_opened()
        self.worklist = items
        self._unremembered = opening
        if opening.problem is not None:
            self.failed.emit(opening.problem)
        self._sizes.forget()
        self._show(document)
        self.worklistChanged.emit()
        log.info("Opened %d pictures", len(items))

    def _project_opened(self) -> None:
        """Another project is open, or none."""
        project = self.project
        self.models.use_project(project)
        self.classes.refresh()
        self.backups.follow(project.folder if project is not None else None)
        if project is not None and project.restored:
            self.failed.emit(told(project.restored))
            project.restored = ()

    def _opened(self, folder: Path) -> Project:
        return self.project if self.project is not None and folder == self._home else Project.open(folder)

    def _first_that_opens(
        self, items: Worklist, project: Project | None, known: Mapping[Path, Document]
    ) -> tuple[Worklist, Document]:
        """The first picture that is still to do, else the first of all; those that cannot be opened are marked."""
        problem: UserError | None = None
        for item in sorted(items, key=lambda item: item.status == "reviewed"):
            try:
                document = known.get(item.path) or self._new_document(item.path, project)
            except UserError as error:
                problem = problem or error
                items = items.marked(replace(item, status="problem", problem=sentence(error)))
                continue
            if problem is not None:
                self.failed.emit(problem)
            return items, document
        assert problem is not None
        raise problem

    def select(self, index: int) -> None:
        """Bring a picture of the worklist to the front; when it cannot be opened, say so and stay where we are.

        So too when a stroke in the one before cannot be written.
        """
        path = self.worklist[index].path
        if self.document is not None and path == self.document.path:
            return
        try:
            if self.document is not None:
                self.document.keep()
        except UserError as error:
            self.worklistChanged.emit()  # back to where we are
            self.failed.emit(error)
            return
        try:
            document = self._documents.get(path) or self._new_document(path, self.project)
        except UserError as error:
            self.mark(path, "problem", sentence(error))
            self.failed.emit(error)
            return
        self.mark(path, self.reviewing.status_of(path))
        self._show(document)

    def step(self, by: int) -> None:
        """To the picture before (−1) or after (+1) the one in front; stops at the ends."""
        place = self.neighbour(self.index, by)
        if place is not None:
            self.select(place)

    @property
    def index(self) -> int:
        """Place of the picture in front, −1 without one."""
        return self.worklist.place(self.document.path) if self.document is not None else -1

    def set_page(self, page: int) -> None:
        """Show another page of the picture in front, with a mask and a review of its own. Raises UserError."""
        document = self.document
        if document is None or page == document.slide.page:
            return
        if document.segmenting:
            self.said.emit(_("The cells of this page are being found. Stop that first, or wait for its end."))
            return
        document.keep()
        entry = self.entry(document.path)
        if self.project is not None and entry is not None:
            self.project.turn(entry, page)
        try:
            turned = self._new_document(document.path, self.project, page)
        except BaseException:
            if self.project is not None and entry is not None:
                self.project.update(entry)
            raise
        self._show(turned)
        self.mark(document.path, self.reviewing.status)
        if entry is not None and entry.status == "reviewed":
            self.said.emit(_("Each page has a review of its own. Learning and export take the page in front."))

    def keep(self) -> None:
        """Have everything on disk, but for a segmentation under way. Raises UserError."""
        for document in list(self._documents.values()):
            document.keep()

    def close(self) -> None:
        """What cannot be written is given up; `keep` tells before."""
        self._leave_project()
        self._sizes.stop()  # after the slides are closed, which it might be reading
        self.worklist = Worklist()
        self.documentChanged.emit()
        self.worklistChanged.emit()

    def _leave_project(self) -> None:
        self.times.begin(None)
        self.backups.follow(None)
        self.document = None
        for document in list(self._documents.values()):
            self._close_document(document)
        if self.project is not None:
            self.project.close()
        self.project, self._home, self._unremembered = None, None, None

    # -- documents ------------------------------------------------------------------------------------------------

    def _new_document(self, path: Path, project: Project | None, page: int = 0) -> Document:
        """At the page that the project remembers, else at `page`."""
        entry = project.find(path) if project is not None else None
        if project is not None and entry is not None:
            project.check(entry)
            page = entry.page
        slide = open_slide(path, page)
        try:
            seen = entry.fingerprint if entry is not None else fingerprint(path)
        except UserError:
            slide.close()
            raise
        # No child of ours: it holds us through `open_mask`, and a parent must not be freed by its child's end.
        document = Document(path, slide, lambda: self._open_mask(path, slide, seen, project), self.tools)
        try:
            if project is not None and entry is not None and project.mask_path(entry).exists():
                document.needed_mask()
        except BaseException:
            slide.close()
            document.deleteLater()
            raise
        document.failed.connect(self.failed)
        document.said.connect(self.said)
        document.savedAgain.connect(lambda: self.said.emit(_("Everything is saved again.")))
        document.historyChanged.connect(self.historyChanged)
        self.reviewing.follow(document)
        self.segmenting.follow(document)
        document.segmentingChanged.connect(self._segmenting_changed)
        return document

    def _open_mask(self, path: Path, slide: Slide, seen: str, project: Project | None) -> Mask:
        """`seen` is the fingerprint of the slide that is shown."""
        project = project or self.needed_project()
        entry = project.add(path)
        if entry.fingerprint != seen:
            raise UserError("The picture “{path}” has changed since it was opened: open it again.", path=path)
        if entry.page != slide.page:
            entry = project.turn(entry, slide.page)
        if (entry.width, entry.height) != slide.dimensions:
            entry = project.update(entry.measured(slide))
        return Mask.open(project.mask_path(entry), slide.dimensions, owns=True)

    def needed_project(self) -> Project:
        """The project, made now if there was none. Raises UserError."""
        if self.project is None:
            assert self._home is not None
            chosen = self.models.active
            exists = self._home.is_dir() and not Project.may_begin(self._home)
            self.project = Project.open(self._home) if exists else Project.create(self._home)
            self._project_opened()
            if chosen is not None and chosen != self.models.active and chosen in self.models.versions:
                self.models.choose(chosen.name)
        if self._unremembered is not None:
            with suppress(UserError):  # tried again with the next change; what is worked on is kept anyway
                self.project.remember(self._unremembered.folders, self._unremembered.pictures)
                self._unremembered = None
        return self.project

    def entry(self, path: Path) -> SlideEntry | None:
        return self.project.find(path) if self.project is not None else None

    def _show(self, document: Document) -> None:
        before, self.document = self.document, document
        self.times.begin(document.path)
        self._sizes.look_at(document.slide, self.mpp)
        if document is before:
            return
        if before is not None:
            # Pictures of one microscope need the same.
            document.look, document.look_for_model = before.look, before.look_for_model
            before.end_stroke()
        self._documents[document.path] = document
        self.documentChanged.emit()
        self.stateChanged.emit()
        if before is not None and not before.segmenting:
            self._close_document(before)
        if document.slide.warning is not None:
            self.failed.emit(document.slide.warning)

    def let_go(self, path: Path) -> None:
        """Close a picture, so that its mask can be put right; `select` opens it again."""
        document = self._documents.get(path)
        if document is None:
            return
        if document is self.document:
            self.times.begin(None)
            self.document = None
        self._close_document(document)
        self.documentChanged.emit()
        self.stateChanged.emit()

    def _close_document(self, document: Document) -> None:
        if self._documents.get(document.path) is document:
            del self._documents[document.path]
        document.close()
        document.deleteLater()

    def _add_seconds(self, path: Path, seconds: float) -> bool:
        entry = self.entry(path)
        if self.project is None or entry is None:
            return False
        self.project.update(replace(entry, seconds_spent=entry.seconds_spent + seconds))
        self.mark(path, entry.status)
        return True

    def _segmenting_changed(self, document: Document) -> None:
        self.stateChanged.emit()
        if not document.segmenting and document is not self.document and document.path in self._documents:
            with suppress(UserError):  # it was told; the document stays, and tries again
                document.keep()
                self._close_document(document)

    def mark(self, path: Path, status: str, problem: str = "") -> None:
        """Show on the worklist how far a picture is."""
        place = self.worklist.place(path)
        if place >= 0:  # else it was segmented to the end, and others are on the list now
            entry = self.entry(path)
            item = replace(self.worklist[place], status=status, problem=problem)
            if entry is not None:
                item = replace(item, page=entry.page, seconds=entry.seconds_spent)
            if item != self.worklist[place]:
                self.worklist = self.worklist.marked(item)
            self.worklistChanged.emit()
        self.stateChanged.emit()

    # -- scale and model ------------------------------------------------------------------------------------------

    @property
    def mpp(self) -> float | None:
        """Of the picture in front: what its file says, else what the person does."""
        if self.document is None:
            return None
        entry = self.entry(self.document.path)
        return self.document.slide.mpp or (entry.given_mpp if entry is not None else None)

    def set_given_mpp(self, mpp: float | None) -> None:
        """µm per level-0 pixel where the file says none; kept with the slide. None: unknown. Raises UserError."""
        document = self.document
        if document is None or document.slide.mpp or (mpp is None and self.entry(document.path) is None):
            return
        low, high = PLAUSIBLE_MPP
        if mpp is not None and not low <= mpp <= high:
            raise UserError(
                "{mpp} µm per pixel is not the scale of a microscope. Give a number between {low} and {high}.",
                mpp=mpp,
                low=low,
                high=high,
            )
        project = self.needed_project()
        project.update(replace(project.add(document.path), given_mpp=mpp))
        self._sizes.look_at(document.slide, self.mpp)
        self.stateChanged.emit()

    @property
    def cell_size(self) -> CellSize | None:
        """Of the picture in front: what the person set, else what scale or picture tell, else the model's usual one."""
        document = self.document
        if document is None:
            return None
        entry = self.entry(document.path)
        if entry is not None and entry.cell_diameter:
            return CellSize(entry.cell_diameter, "person")
        active = self.models.active
        usual = active.source_cell_diameter if active is not None else None
        return self._sizes.of(document.slide, usual, self.mpp)

    def set_cell_diameter(self, diameter: float | None) -> None:
        """Level-0 pixels; kept with the slide. None: as scale or picture tell. Raises UserError."""
        document = self.document
        if document is not None and (diameter or self.entry(document.path) is not None):
            project = self.needed_project()
            project.update(replace(project.add(document.path), cell_diameter=diameter))
            self.stateChanged.emit()

    def warm_up(self) -> None:
        """Let the compute process load the model while the person still looks."""
        if (model := self.models.active) is not None:
            job = self.jobs.start(lambda number: WarmUp(number, model.folder), "")
            job.finished.connect(lambda result: self._warmed_up(model.name, Ran(result.engine)))

    def _warmed_up(self, model: str, ran: Ran) -> None:
        self.models.ran.setdefault(model, ran)
        self.stateChanged.emit()
