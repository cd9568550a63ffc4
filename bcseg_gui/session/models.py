"""The models to choose from and the one in use, which a project remembers; without one, the user's library does."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ..core.errors import UserError
from ..core.project import ModelRegistry, ModelVersion, Project

log = logging.getLogger(__name__)


class Models(QObject):
    changed = Signal()

    def __init__(self, bundled: Path, library: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bundled, self._library = bundled, library
        self._registry = ModelRegistry(bundled, library)
        self._versions: tuple[ModelVersion, ...] = ()
        self._active: ModelVersion | None = None
        self._read()

    def use_project(self, project: Project | None) -> None:
        """Another project, or none."""
        self._registry = (
            project.models(self._bundled, self._library) if project else ModelRegistry(self._bundled, self._library)
        )
        self._read()

    @property
    def versions(self) -> tuple[ModelVersion, ...]:
        """Those to choose from, bundled ones first."""
        return self._versions

    @property
    def active(self) -> ModelVersion | None:
        """The one in use; None when it is gone or there is none, which `needed` explains."""
        return self._active

    def needed(self) -> ModelVersion:
        """The one in use. Raises UserError when none can be used."""
        return self._registry.active()

    def choose(self, name: str) -> None:
        """Use this model from now on. Raises UserError."""
        self._registry.promote(name)
        self._read()

    def take(self, path: Path) -> ModelVersion:
        """Copy a model folder into the library and use it. Raises UserError when it is none of ours."""
        version = self._registry.import_(path)
        self.choose(version.name)
        return version

    def promote(self, trained: Path, name: str) -> ModelVersion:
        """Take over what was trained in `new_folder()` and use it. Raises UserError."""
        version = self._registry.add(trained, name)
        self.choose(version.name)
        return version

    def new_folder(self) -> Path:
        """A folder to train into. Raises UserError."""
        return self._registry.new_folder()

    def _read(self) -> None:
        self._versions = tuple(self._registry.versions())
        try:
            self._active = self._registry.active()
        except UserError as error:
            self._active = None
            log.warning("No model in use: %s", error.template)
        self.changed.emit()
