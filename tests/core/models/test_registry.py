from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.models import ModelRegistry
from bcseg_gui.core.project import Project

BODY = json.dumps({"conv1.weight": {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]}}).encode()
WEIGHTS = len(BODY).to_bytes(8, "little") + BODY + b"\0\0"

MakeModel = Callable[..., Path]


@pytest.fixture
def bundled(tmp_path: Path) -> Path:
    return tmp_path / "weights"


@pytest.fixture
def make_model(tmp_path: Path) -> MakeModel:
    def make(folder_name: str, into: Path | None = None, *, weights: bytes = WEIGHTS, **other: object) -> Path:
        folder = (into or tmp_path / "elsewhere") / folder_name
        folder.mkdir(parents=True)
        (folder / "weights.safetensors").write_bytes(weights)
        info = {
            "schema": 1,
            "name": folder_name,
            "architecture": "ternausnet16",
            "num_filters": 24,
            "classes": ["cell"],
            "cell_diameter": 42.0,
            "source_cell_diameter": 106.0,
            "parent": None,
            "metrics": {"dice": 0.95},
            "licence": "research",
            "created": "2026-11-22T10:00:00+00:00",
            "weights_sha256": hashlib.sha256(weights).hexdigest(),
        }
        (folder / "model.json").write_text(json.dumps(info | other), encoding="utf-8")
        return folder

    return make


@pytest.fixture
def registry(tmp_path: Path, bundled: Path, make_model: MakeModel) -> ModelRegistry:
    make_model("shipped", bundled)
    return ModelRegistry(bundled, tmp_path / "library")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*"))


def test_shipped_model_is_active_until_another_is_promoted(registry: ModelRegistry, make_model: MakeModel) -> None:
    assert registry.active().name == "shipped"
    assert registry.active().bundled
    mine = registry.add(make_model("mine"))
    assert registry.active().name == "shipped"
    assert registry.promote("mine") == mine
    assert registry.active() == mine
    assert registry.rollback().name == "shipped"
    assert [version.name for version in registry.versions()] == ["shipped", "mine"]
    with pytest.raises(UserError, match="no earlier model"):
        registry.rollback()


def test_the_accurate_one_of_the_shipped_models_is_active(
    registry: ModelRegistry, bundled: Path, make_model: MakeModel
) -> None:
    make_model("small", bundled, teacher="shipped", created="2026-12-01T10:00:00+00:00")
    assert [version.fast for version in registry.versions()] == [False, True]
    assert registry.active().name == "shipped"


def test_promotion_outlives_the_program(tmp_path: Path, bundled: Path, make_model: MakeModel) -> None:
    first = ModelRegistry(bundled, tmp_path / "library")
    first.add(make_model("mine"))
    first.promote("mine")
    assert ModelRegistry(bundled, tmp_path / "library").active().name == "mine"
    assert (tmp_path / "library" / "active.json").is_file()


def test_project_keeps_its_models_and_its_active_one(project: Project, bundled: Path, make_model: MakeModel) -> None:
    registry = project.models(bundled)
    registry.add(make_model("mine"))
    registry.promote("mine")
    folder = project.folder
    project.close()
    with Project.open(folder) as again:
        assert again.active_model == "mine"
        assert again.models(bundled).active().folder == folder / "models" / "mine"


def test_project_sees_the_users_models_and_takes_along_the_one_it_uses(
    project: Project, bundled: Path, make_model: MakeModel, tmp_path: Path
) -> None:
    make_model("shipped", bundled)
    own = tmp_path / "own"
    ModelRegistry(bundled, own).add(make_model("mine"))
    registry = project.models(bundled, own)
    assert [version.name for version in registry.versions()] == ["shipped", "mine"]
    assert registry.promote("mine").folder == project.folder / "models" / "mine"
    assert [version.name for version in registry.versions()] == ["shipped", "mine"]
    assert project.models(bundled).active().name == "mine"  # on a computer whose user has no such model
    assert names(own) == ["mine"]


def test_a_version_is_read_whole(registry: ModelRegistry, make_model: MakeModel) -> None:
    version = registry.add(make_model("mine", parent="shipped", metrics={"dice": 0.5}))
    assert version == registry.get("mine")
    assert (version.architecture, version.classes, version.cell_diameter) == ("ternausnet16", ("cell",), 42.0)
    assert (version.parent, version.metrics, version.licence) == ("shipped", {"dice": 0.5}, "research")
    assert not version.bundled


def test_adding_copies_what_belongs_to_the_model(registry: ModelRegistry, make_model: MakeModel) -> None:
    source = make_model("mine", remark="kept")
    (source / "history.csv").write_bytes(b"epoch")
    (source / "program.exe").write_bytes(b"")
    version = registry.add(source)
    assert names(version.folder) == ["history.csv", "model.json", "weights.safetensors"]
    assert (version.folder / "weights.safetensors").read_bytes() == WEIGHTS
    assert json.loads((version.folder / "model.json").read_bytes())["remark"] == "kept"
    assert source.is_dir()


def test_versions_are_never_overwritten(registry: ModelRegistry, make_model: MakeModel) -> None:
    source = make_model("Shipped", architecture="ternausnet11")
    added = [registry.add(source).name, registry.add(source).name, registry.add(source, name="other").name]
    assert added == ["Shipped-2", "Shipped-3", "other"]
    assert registry.get("Shipped-3").folder.name == "Shipped-3"
    assert registry.get("shipped").architecture == "ternausnet16"


def test_trained_folder_is_taken_over(tmp_path: Path, registry: ModelRegistry, make_model: MakeModel) -> None:
    training = registry.new_folder()
    for path in make_model("candidate").iterdir():
        path.rename(training / path.name)
    assert [version.name for version in registry.versions()] == ["shipped"]
    registry.add(training)
    assert names(tmp_path / "library") == ["candidate"]


@pytest.mark.parametrize("name", ["../../outside", "/etc/model", "..", ".hidden", "a/b\\c", ""])
def test_name_cannot_lead_out_of_the_library(
    tmp_path: Path, registry: ModelRegistry, make_model: MakeModel, name: str
) -> None:
    version = registry.add(make_model("mine", name=name))
    assert version.folder.parent == tmp_path / "library"
    assert registry.get(version.name) == version


@pytest.mark.parametrize("chosen", [".", "model.json", "weights.safetensors"])
def test_import_takes_the_folder_or_a_file_in_it(registry: ModelRegistry, make_model: MakeModel, chosen: str) -> None:
    assert registry.import_(make_model("mine") / chosen).name == "mine"


def test_foreign_checkpoint_is_refused_unread(tmp_path: Path, registry: ModelRegistry) -> None:
    class Explodes:
        def __reduce__(self) -> tuple[object, ...]:
            return (pytest.fail, ("was unpickled",))

    path = tmp_path / "unet.pt"
    path.write_bytes(pickle.dumps(Explodes()))
    with pytest.raises(UserError, match=r"unet\.pt. is not a model of this program"):
        registry.import_(path)


def test_folder_without_a_model_is_refused(tmp_path: Path, registry: ModelRegistry) -> None:
    for path in (tmp_path / "weights" / "shipped" / "..", tmp_path / "absent"):
        with pytest.raises(UserError, match="is not a model of this program"):
            registry.import_(path)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"schema": 2}, "newer version"),
        ({"cell_diameter": "large"}, "is not a model of this program"),
        ({"cell_diameter": 0}, "is not a model of this program"),
        ({"architecture": "unet"}, r"does not know \(unet\)"),
        ({"weights_sha256": "0" * 64}, "damaged or not its own"),
    ],
)
def test_foreign_or_damaged_model_is_refused(
    tmp_path: Path, registry: ModelRegistry, make_model: MakeModel, other: dict[str, object], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        registry.add(make_model("mine", **other))
    assert names(tmp_path / "library") == []


@pytest.mark.parametrize("weights", [b"", b"\xff" * 64, (3).to_bytes(8, "little") + b"[1]", pickle.dumps({})])
def test_weights_that_are_no_safetensors_are_refused(
    registry: ModelRegistry, make_model: MakeModel, weights: bytes
) -> None:
    with pytest.raises(UserError, match="damaged or not its own"):
        registry.add(make_model("mine", weights=weights))


def test_full_disk_leaves_the_library_as_it_was(
    tmp_path: Path, registry: ModelRegistry, make_model: MakeModel, full_disk: Callable[[int], None]
) -> None:
    source = make_model("mine")
    full_disk(1)
    with pytest.raises(UserError, match=r"disk is full.*library.mine"):
        registry.add(source)
    assert names(tmp_path / "library") == []


def test_damaged_version_does_not_hide_the_others(registry: ModelRegistry, make_model: MakeModel) -> None:
    version = registry.add(make_model("mine"))
    (version.folder / "model.json").write_bytes(b"{")
    assert [version.name for version in registry.versions()] == ["shipped"]
    with pytest.raises(UserError, match="is damaged"):
        registry.get("mine")


def test_vanished_models_are_passed_over_on_the_way_back(registry: ModelRegistry, make_model: MakeModel) -> None:
    for name in "abc":
        registry.add(make_model(name))
        registry.promote(name)
    for name in "bc":
        folder = registry.get(name).folder
        folder.rename(folder.with_name(f".{name}"))
    with pytest.raises(UserError, match="no model “c”"):
        registry.active()
    assert registry.rollback().name == "a"


def test_without_any_model_the_person_is_asked_to_import_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Import one"):
        ModelRegistry(tmp_path / "none", tmp_path / "library").active()
