"""What is open, and what can be done with it: the parts of a session, put together. Widgets talk to this."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bcseg_gui.compute.protocol import WarmUp
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import _, sentence
from bcseg_gui.core.project import Project

from .backups import Backups
from .cells import CellCounting
from .classes import Classes
from .document import Document
from .documents import Documents
from .jobs import Jobs
from .models import Models
from .next_up import NextUp
from .open import Open
from .order import Order
from .project_home import ProjectHome
from .reviewing import Reviewing
from .scale import Scale
from .segmenting import Segmenting
from .time_spent import TimeSpent
from .tool_settings import ToolSettings
from .worklist import Worklist, locate, worklist

log = logging.getLogger(__name__)


class Session(QObject):
    """One project at most, one slide in front. A slide left while it is being segmented stays open until that ends.

    A method that raises UserError has changed nothing that was open. The project of loose pictures is made when
    there is something to keep, not by looking.
    """

    worklistChanged = Signal()
    documentChanged = Signal()
    stateChanged = Signal()
    """see `Open`"""
    historyChanged = Signal()
    """of a picture that is open: what can be undone, whether a segmentation can be resumed"""
    said = Signal(str)
    failed = Signal(object)
    """UserError that came while nobody waited for it"""

    def __init__(self, jobs: Jobs, bundled: Path, library: Path, parent: QObject | None = None) -> None:
        """`bundled`: models that came with the app; `library`: those of pictures without a project."""
        super().__init__(parent)
        self.jobs = jobs
        self.opened = opened = Open(self)
        self.order = Order()
        self.models = models = Models(bundled, library, self)
        self.home = ProjectHome(opened, models, self)
        needed_project = self.home.needed_project
        self.tools = ToolSettings(self)
        self._documents = Documents(opened, needed_project, self.tools, self)
        self.scale = Scale(opened, models, needed_project, self)
        self.classes = Classes(lambda: opened.project, needed_project, self.save, self.tools, self)
        self.segmenting = Segmenting(
            opened, models, self.classes, jobs, lambda: self.scale.cell_size, needed_project, self
        )
        self.times = TimeSpent(self._add_seconds, self)
        self.reviewing = Reviewing(opened, needed_project, self.times.save, self._select_next_left, self)
        self.next_up = NextUp(opened, models, jobs, self)
        self.backups = Backups(self)
        self.counting = CellCounting(self)
        self._connect()

    def _connect(self) -> None:
        opened = self.opened
        opened.projectChanged.connect(self._follow_project)
        # The order first: who hears of the worklist may go through it.
        for changed in (opened.documentChanged, opened.worklistChanged):
            changed.connect(self._arrange)
        opened.documentChanged.connect(self._count_cells)
        opened.stateChanged.connect(self._follow_scale)
        opened.documentChanged.connect(self.documentChanged)
        opened.worklistChanged.connect(self.worklistChanged)
        opened.stateChanged.connect(self.stateChanged)
        self.models.changed.connect(opened.stateChanged)
        self._documents.documentOpened.connect(self.reviewing.follow)
        self._documents.documentOpened.connect(self.segmenting.follow)
        self._documents.frontChanged.connect(self._follow_front)
        self._documents.historyChanged.connect(self.historyChanged)
        for speaker in (self._documents, self.segmenting, self.reviewing, self.next_up):
            speaker.said.connect(self.said)
        for failing in (self._documents, self.home, self.reviewing, self.next_up):
            failing.failed.connect(self.failed)
        self.jobs.warned.connect(self.failed)

    @property
    def project(self) -> Project | None:
        return self.opened.project

    @property
    def document(self) -> Document | None:
        """The slide in front."""
        return self.opened.document

    @property
    def worklist(self) -> Worklist:
        return self.opened.worklist

    @property
    def index(self) -> int:
        """Place of the picture in front, −1 without one."""
        return self.opened.index

    # -- opening --------------------------------------------------------------------------------------------------

    def open(self, paths: Sequence[Path]) -> None:
        """Open pictures, folders of them, or one project. Raises UserError; what was open then still is."""
        self.save()
        located = locate([Path(path).absolute() for path in paths], self.home.open_project)
        stays = self.home.is_at(located)
        try:
            # One that was only looked at is read again: its file may have changed.
            known = self._documents.with_masks() if stays else {}
            items, document = self._first_that_opens(worklist(located), located.project, known)
        except BaseException:
            if located.project is not None and located.project is not self.project:
                located.project.close()
            raise
        if not stays:
            self._leave_project()
        self.home.enter(located)
        self.opened.worklist = items
        if located.problem is not None:
            self.failed.emit(located.problem)
        self.scale.forget()
        self._documents.show(document)
        self.opened.worklistChanged.emit()
        log.info("Opened %d pictures", len(items))

    def _first_that_opens(
        self, items: Worklist, project: Project | None, known: Mapping[Path, Document]
    ) -> tuple[Worklist, Document]:
        """The first picture that is still to do, else the first of all; those that cannot be opened are marked."""
        problem: UserError | None = None
        for item in sorted(items, key=lambda item: item.status == "reviewed"):
            try:
                document = known.get(item.path) or self._documents.open(item.path, project)
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
                self.document.save()
        except UserError as error:
            self.opened.worklistChanged.emit()  # back to where we are
            self.failed.emit(error)
            return
        try:
            document = self._documents.get(path)
        except UserError as error:
            self.opened.mark(path, "problem", sentence(error))
            self.failed.emit(error)
            return
        self.opened.mark(path, self.reviewing.status_of(path))
        self._documents.show(document)

    def show(self, path: Path) -> None:
        """As `select`, if the picture is on the worklist."""
        place = self.worklist.place(path)
        if place >= 0:
            self.select(place)

    def step(self, by: int) -> None:
        """To the picture before (−1) or after (+1) the one in front, in the order shown; stops at the ends."""
        place = self.order.step(self.index, by)
        if place is not None:
            self.select(place)

    def _select_next_left(self) -> bool:
        place = self.order.next_left(self.index)
        if place is not None:
            self.select(place)
        return place is not None

    def set_page(self, page: int) -> None:
        """Show another page of the picture in front, with a mask and a review of its own. Raises UserError."""
        document = self.document
        if document is None or page == document.slide.page:
            return
        if document.segmenting:
            self.said.emit(_("The cells of this page are being found. Stop that first, or wait for its end."))
            return
        document.save()
        project, entry = self.project, self.opened.front_entry()
        if project is not None and entry is not None:
            project.turn(entry, page)
        try:
            turned = self._documents.open(document.path, project, page)
        except BaseException:
            if project is not None and entry is not None:
                project.update(entry)
            raise
        self._documents.show(turned)
        self.opened.mark(document.path, self.reviewing.status)
        if entry is not None and entry.status == "reviewed":
            self.said.emit(_("Each page has a review of its own. Learning and export take the page in front."))

    def let_go(self, path: Path) -> None:
        """Close a picture, so that its mask can be recovered; `show` opens it again."""
        self._documents.let_go(path)

    def save(self) -> None:
        """Have everything on disk, but for a segmentation under way. Raises UserError."""
        self._documents.save()

    def close(self) -> None:
        """Give up what cannot be written; `save` before says whether there is any."""
        self._leave_project()
        self.scale.stop()  # after the slides are closed, which it might be reading
        self.opened.worklist = Worklist()
        self.opened.documentChanged.emit()
        self.opened.worklistChanged.emit()
        self.counting.stop()

    def _leave_project(self) -> None:
        self.times.begin(None)
        self.backups.follow(None)
        self._documents.close()
        self.home.leave()

    # -- keeping the parts in step --------------------------------------------------------------------------------

    def _arrange(self) -> None:
        self.order.show(self.worklist, self.index)

    def _follow_project(self) -> None:
        self.classes.refresh()
        self.backups.follow(self.project.folder if self.project is not None else None)

    def _count_cells(self) -> None:
        self.counting.follow(self.document)

    def _follow_scale(self) -> None:
        size = self.scale.cell_size
        self.counting.set_cell_diameter(size.diameter or 0.0 if size is not None else 0.0)

    def _follow_front(self, document: Document | None) -> None:
        self.times.begin(document.path if document is not None else None)
        if document is not None:
            self.scale.measure()

    def _add_seconds(self, path: Path, seconds: float) -> bool:
        entry = self.opened.entry(path)
        if self.project is None or entry is None:
            return False
        self.project.update(replace(entry, seconds_spent=entry.seconds_spent + seconds))
        self.opened.mark(path, entry.status)
        return True

    # -- the model ------------------------------------------------------------------------------------------------

    def warm_up(self) -> None:
        """Let the compute process load the model while the person still looks."""
        if (model := self.models.active) is not None:
            job = self.jobs.start(lambda number: WarmUp(number, model.folder), "")
            job.finished.connect(lambda result: self._warmed_up(model.name, result.engine))

    def _warmed_up(self, model: str, engine: str) -> None:
        self.models.note_engine(model, engine)
        self.opened.stateChanged.emit()
