"""The models to choose from and the one in use, which a project remembers; without one, the user's library does."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.models import ModelRegistry, ModelVersion
from bcseg_gui.core.project import Project
from bcseg_gui.core.retraining.record import was_refused
from bcseg_gui.core.user import user_name

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """The engine that runs a model here, and how many seconds its last segmentation took, if there was one."""

    engine: str
    seconds: float | None = None


class Models(QObject):
    changed = Signal()

    def __init__(self, bundled: Path, library: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bundled, self._library = bundled, library
        self._registry = ModelRegistry(bundled, library)
        self._versions: tuple[ModelVersion, ...] = ()
        self._active: ModelVersion | None = None
        self._engines: dict[str, EngineInfo] = {}
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
        overruled = was_refused(self._registry.get(name).folder)
        self._registry.promote(name, user_name(), overruled=overruled)
        self._read()

    def overruled_by(self, name: str) -> str | None:
        """Who uses this model, or did last, though the gate had refused it; None when nobody does."""
        return self._registry.overruled_by(name)

    @property
    def can_roll_back(self) -> bool:
        return self._registry.can_roll_back

    def roll_back(self) -> ModelVersion:
        """Use the model before this one. Raises UserError."""
        version = self._registry.rollback()
        self._read()
        return version

    def export(self, name: str, path: Path) -> None:
        """Write a model into one file. Raises UserError."""
        self._registry.export(name, path)

    def import_model(self, path: Path) -> ModelVersion:
        """Copy a model, a folder or a file, into the library and use it. Raises UserError when it is none of ours."""
        version = self._registry.import_(path)
        self.choose(version.name)
        return version

    def add(self, trained: Path) -> ModelVersion:
        """Take over what was trained, without using it yet. Raises UserError."""
        version = self._registry.add(trained)
        self._read()
        return version

    def free_name(self, wanted: str) -> str:
        """A name like `wanted` that no model has."""
        return self._registry.free_name(wanted)

    def engine(self, name: str) -> EngineInfo | None:
        """What runs this model, as far as is known."""
        return self._engines.get(name)

    def note_engine(self, name: str, engine: str, seconds: float | None = None) -> None:
        """It ran this model; `seconds` of a segmentation replace those of the one before, None leaves them."""
        if seconds is not None or name not in self._engines:
            self._engines[name] = EngineInfo(engine, seconds)

    def get(self, name: str) -> ModelVersion:
        """Raises UserError when there is no such model, or it cannot be read."""
        return self._registry.get(name)

    def _read(self) -> None:
        self._versions = tuple(self._registry.versions())
        try:
            self._active = self._registry.active()
        except UserError as error:
            self._active = None
            log.warning("No model in use: %s", error.template)
        self.changed.emit()
