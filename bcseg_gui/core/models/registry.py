"""The available models: bundled ones, the user's, and those of a library or project. No torch."""

from __future__ import annotations

import json
import logging
import re
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec

from ..errors import UserError
from ..files import (
    NewerFileError,
    make_folder,
    new_file,
    place_folder,
    read_error,
    read_json,
    sha256,
    temporary_folder,
)
from .model_file import SUFFIX, pack_model, unpack_model
from .promotions import LibraryPromotions, PromotionStore

WEIGHTS_FILE = "weights.safetensors"
INFO_FILE = "model.json"
ARCHITECTURES = ("ternausnet11", "ternausnet16")

_KEPT_BESIDE = (".csv", ".html", ".json", ".md", ".png", ".txt")
"""Suffixes of files (history, report, model card) that are copied with the weights."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """The part of `model.json` that is read here; diameters in pixels, of the working scale and of level 0."""

    name: str
    architecture: str
    classes: tuple[str, ...]
    cell_diameter: Annotated[float, msgspec.Meta(gt=0)]
    source_cell_diameter: Annotated[float, msgspec.Meta(gt=0)]
    weights_sha256: str
    parent: str | None = None
    teacher: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    licence: str = ""
    created: str = ""
    schema: int = 1


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A model folder that can be loaded; see `ModelFile` for the units."""

    name: str
    folder: Path
    architecture: str
    classes: tuple[str, ...]
    cell_diameter: float
    source_cell_diameter: float
    parent: str | None
    teacher: str | None
    metrics: dict[str, float]
    created: str
    licence: str
    bundled: bool

    @property
    def fast(self) -> bool:
        """Distilled from a larger model: quicker, a little less accurate."""
        return self.teacher is not None


class ModelRegistry:
    """The versions under `bundled` and `shared` (only read) and `library`, one folder each; none is ever changed."""

    def __init__(
        self, bundled: Path, library: Path, promotions: PromotionStore | None = None, *, shared: Path | None = None
    ) -> None:
        """Without `promotions`, the library itself remembers the active model (`active.json`).

        `shared`: the user's own library, seen from a project. A model of it that is promoted is copied into the
        project, which then works on another computer too.
        """
        self._bundled = bundled
        self._library = library
        self._shared = shared
        self._promotions = promotions or LibraryPromotions(library)

    def versions(self) -> list[ModelVersion]:
        """Bundled ones first, each group oldest first. Unreadable ones are skipped; `get` raises why."""
        found: dict[str, ModelVersion] = {}
        for folder in self._folders():
            try:
                version = self._read(folder)
            except UserError as error:
                _log.warning("Model left out: %s", error)
            else:
                found[version.name] = version  # the library's copy of a shared model comes last and stands for it
        return sorted(found.values(), key=lambda version: (not version.bundled, version.created, version.name))

    def get(self, name: str) -> ModelVersion:
        """Raises UserError when there is no such model, or it cannot be read."""
        for version in self.versions():
            if version.name == name:
                return version
        for folder in self._folders():
            if folder.name == name:
                return self._read(folder)
        raise UserError("There is no model “{name}”. Choose another one.", name=name)

    def active(self) -> ModelVersion:
        """The promoted model, else the newest bundled one that is not fast but accurate.

        Raises UserError when it is gone, or there is none.
        """
        if name := self._promotions.read_promotions().active:
            return self.get(name)
        bundled = [version for version in self.versions() if version.bundled]
        if not bundled:
            raise UserError("No model came with this program in “{folder}”. Import one.", folder=self._bundled)
        return max(bundled, key=lambda version: (not version.fast, version.created))

    def promote(self, name: str, by: str = "", *, overruled: bool = False) -> ModelVersion:
        """Make a model the active one; `by` is who decided, `overruled` that the gate had refused it.

        Raises UserError when there is no such model.
        """
        version = self.get(name)
        if version.folder.parent == self._shared:
            version = self._copy_in(version.folder, name)
        self._promotions.write_promotions(self._promotions.read_promotions().promoted(name, by, overruled=overruled))
        return version

    def overruled_by(self, name: str) -> str | None:
        """Who promoted this model last although the gate had refused it, or None."""
        of_it = [promotion for promotion in self._promotions.read_promotions().history if promotion.model == name]
        return of_it[-1].by if of_it and of_it[-1].overruled else None

    @property
    def can_roll_back(self) -> bool:
        return any(not promotion.rolled_back for promotion in self._promotions.read_promotions().history)

    def rollback(self) -> ModelVersion:
        """Reactivate the previous model, skipping any that no longer exist. Raises UserError when none is left."""
        promotions = self._promotions.read_promotions().rolled_back()
        present = {version.name for version in self.versions()}
        while promotions.active and promotions.active not in present:
            promotions = promotions.rolled_back()
        self._promotions.write_promotions(promotions)
        return self.active()

    def new_folder(self) -> Path:
        """An empty folder to train into, for `add`. Leftovers are removed when the project opens."""
        return make_folder(self._library / f".new-{secrets.token_hex(4)}.tmp")

    def add(self, folder: Path, name: str | None = None) -> ModelVersion:
        """Copy a model folder into the library, under `name` or its own; a name in use gets the suffix -2, -3 ….

        Raises UserError when it is not a whole model of this program; the library is then as it was.
        """
        info = check_model(folder)
        version = self._copy_in(folder, self.free_name(name or info.name))
        if folder.parent == self._library and folder.name.startswith(".new-"):
            shutil.rmtree(folder, ignore_errors=True)
        return version

    def _copy_in(self, folder: Path, name: str) -> ModelVersion:
        destination = self._library / name
        with temporary_folder(destination) as temporary:
            for path in sorted(folder.iterdir()):
                if path.name == WEIGHTS_FILE or (path.suffix.lower() in _KEPT_BESIDE and path.name != INFO_FILE):
                    _copy(path, temporary / path.name)
            # Keys this program does not read are kept as they are.
            content = json.loads((folder / INFO_FILE).read_bytes()) | {"name": name}
            with new_file(temporary / INFO_FILE) as file:
                file.write(json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n")
            # The copy is checked, not only the source: a stick pulled out half-way must not leave a model.
            check_model(temporary)
            place_folder(temporary, destination)
        return self._read(destination)

    def import_(self, path: Path, name: str | None = None) -> ModelVersion:
        """As `add`, for what a person chose: a model folder, one of the two files in it, or what `export` wrote."""
        if path.suffix == SUFFIX and path.is_file():
            with temporary_folder(self._library / "import") as unpacked:
                unpack_model(path, unpacked)
                return self.add(unpacked, name)
        if path.is_file() and path.name not in (INFO_FILE, WEIGHTS_FILE):
            raise _not_ours(path)
        return self.add(path.parent if path.is_file() else path, name)

    def export(self, name: str, path: Path) -> None:
        """Write a version into one file, which `import_` reads. Raises UserError."""
        pack_model(self.get(name).folder, path)

    def _folders(self) -> list[Path]:
        roots = [root for root in (self._bundled, self._shared, self._library) if root is not None]
        return [path.parent for root in roots for path in sorted(root.glob(f"[!.]*/{INFO_FILE}"))]

    def _read(self, folder: Path) -> ModelVersion:
        info = read_json(folder / INFO_FILE, ModelFile)
        return ModelVersion(
            name=info.name,
            folder=folder,
            architecture=info.architecture,
            classes=info.classes,
            cell_diameter=info.cell_diameter,
            source_cell_diameter=info.source_cell_diameter,
            parent=info.parent,
            teacher=info.teacher,
            metrics=info.metrics,
            created=info.created,
            licence=info.licence,
            bundled=folder.parent == self._bundled,
        )

    def free_name(self, wanted: str) -> str:
        """A name like `wanted` that no version has."""
        # The name becomes a folder's, so nothing in it may lead elsewhere or be hidden.
        stem = re.sub(r"[^\w.-]+", "-", wanted).strip(".-")[:80] or "model"
        taken = {path.name.casefold() for path in self._library.glob("*")}
        taken |= {version.name.casefold() for version in self.versions()}
        name, number = stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        return name


def check_model(folder: Path) -> ModelFile:
    """Raise UserError unless `folder` holds a whole model of this program; nothing in it is executed or unpickled."""
    if not (folder / INFO_FILE).is_file() or not (folder / WEIGHTS_FILE).is_file():
        raise _not_ours(folder)
    try:
        info = read_json(folder / INFO_FILE, ModelFile)
    except NewerFileError:
        raise
    except UserError as error:
        raise _not_ours(folder) from error
    if info.architecture not in ARCHITECTURES:
        raise UserError(
            "The model in “{folder}” is of a kind this program does not know ({architecture}).",
            folder=folder,
            architecture=info.architecture,
        )
    weights = folder / WEIGHTS_FILE
    if not _has_safetensors_header(weights) or sha256(weights) != info.weights_sha256:
        raise UserError(
            "The weights of the model in “{folder}” are damaged or not its own. Copy the whole folder again.",
            folder=folder,
        )
    return info


def _has_safetensors_header(path: Path) -> bool:
    """8 bytes of length (little endian), then that much JSON: one object a tensor."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > path.stat().st_size - 8:
                return False
            return isinstance(msgspec.json.decode(file.read(length)), dict)
    except OSError as error:
        raise read_error(error, path) from error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False


def _copy(source: Path, destination: Path) -> None:
    with source.open("rb") as reading, new_file(destination) as writing:
        shutil.copyfileobj(reading, writing, 1 << 20)


def _not_ours(path: Path) -> UserError:
    return UserError(
        "“{path}” is not a model of this program. Choose a folder that holds model.json and weights.safetensors.",
        path=path,
    )
