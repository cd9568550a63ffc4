"""Where the project of what is open is, or would be: it is made when there is something to keep, not by looking."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.project import Project
from bcseg_gui.core.project.backup import restoration_notice

from .models import Models
from .open import Open
from .worklist import Located


class ProjectHome(QObject):
    failed = Signal(object)
    """UserError: files of the project were damaged and are restored"""

    def __init__(self, opened: Open, models: Models, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open, self._models = opened, models
        self._folder: Path | None = None
        self._unremembered: Located | None = None
        """What was opened and the project does not list yet"""

    def open_project(self, folder: Path) -> Project:
        """The project in `folder`, which may be the one that is open. Raises UserError."""
        project = self._open.project
        return project if project is not None and folder == self._folder else Project.open(folder)

    def is_at(self, located: Located) -> bool:
        """It is in the project that is open, or would be."""
        return located.home == self._folder and located.project is self._open.project

    def enter(self, located: Located) -> None:
        """Take over what was opened; the project before must have been left unless it is the same."""
        if not self.is_at(located):
            self._open.project, self._folder = located.project, located.home
            self._project_changed()
        self._unremembered = located

    def leave(self) -> None:
        """Close the project, if there is one."""
        if self._open.project is not None:
            self._open.project.close()
        self._open.project, self._folder, self._unremembered = None, None, None

    def needed_project(self) -> Project:
        """The project, made now if there was none. Raises UserError."""
        project = self._open.project or self._make()
        if self._unremembered is not None:
            with suppress(UserError):  # tried again with the next change; what is worked on is kept anyway
                project.remember(self._unremembered.folders, self._unremembered.pictures)
                self._unremembered = None
        return project

    def _make(self) -> Project:
        assert self._folder is not None
        chosen = self._models.active
        # Another window may have made it meanwhile.
        exists = self._folder.is_dir() and not Project.may_begin(self._folder)
        project = self._open.project = Project.open(self._folder) if exists else Project.create(self._folder)
        self._project_changed()
        if chosen is not None and chosen != self._models.active and chosen in self._models.versions:
            self._models.choose(chosen.name)
        return project

    def _project_changed(self) -> None:
        project = self._open.project
        self._models.use_project(project)
        self._open.projectChanged.emit()
        if project is not None and project.restored:
            self.failed.emit(restoration_notice(project.restored))
            project.restored = ()
