"""`bcseg models`: the model versions at hand, those the program came with and those of a library or project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import platformdirs
import typer

from bcseg_gui.core.i18n import _
from bcseg_gui.core.project import ModelRegistry, ModelVersion, Project
from bcseg_gui.core.resources import resource

app = typer.Typer(no_args_is_help=True, help="List, import, and choose models.")
ProjectOption = Annotated[
    Path | None, typer.Option("--project", help="A NAME.bcseg project; without it, your own library of models.")
]


def user_registry() -> ModelRegistry:
    """The models that came with the program and those of the user's own library."""
    return ModelRegistry(resource("weights"), _library())


def _library() -> Path:
    return platformdirs.user_data_path("bcseg-gui", appauthor=False) / "models"


def find_model(name: str | None) -> Path:
    """The folder of a model given by folder or by name; None is the active one. Raises UserError when absent."""
    if name is None:
        return user_registry().active().folder
    return Path(name) if Path(name).is_dir() else user_registry().get(name).folder


@app.command("list")
def list_models(project: ProjectOption = None) -> None:
    """List the models; the active one has a star."""
    with _registry(project) as registry:
        active = registry.active().name
        for version in registry.versions():
            dice = version.metrics.get("dice")
            score = f"Dice {dice:.4f}" if dice is not None else ""
            star = "*" if version.name == active else " "
            print(f"{star} {version.name:<40} {version.architecture:<13} {version.created[:10]:<11} {score}".rstrip())


@app.command()
def show(name: str, project: ProjectOption = None) -> None:
    """Show what is known of a model: network, data, figures, licence."""
    with _registry(project) as registry:
        version = registry.get(name)
    rows = {
        _("name"): version.name,
        _("folder"): version.folder,
        _("network"): version.architecture,
        _("classes"): ", ".join(version.classes),
        _("cell diameter"): f"{version.cell_diameter:g} px / {version.source_cell_diameter:g} px",
        _("grown from"): version.parent or "–",
        _("made"): version.created or "–",
        _("licence"): version.licence or "–",
        **{key: f"{value:.4f}" for key, value in version.metrics.items()},
    }
    for key, value in rows.items():
        print(f"{key:<22} {value}")


@app.command("import")
def import_model(path: Path, project: ProjectOption = None) -> None:
    """Copy a model folder (model.json and weights.safetensors) into the library."""
    with _registry(project) as registry:
        version = registry.import_(path)
    print(_("Imported as {name}.").format(name=version.name))


@app.command()
def promote(name: str, project: ProjectOption = None) -> None:
    """Use this model from now on."""
    with _registry(project) as registry:
        _print_active(registry.promote(name))


@app.command()
def rollback(project: ProjectOption = None) -> None:
    """Go back to the model used before."""
    with _registry(project) as registry:
        _print_active(registry.rollback())


def _print_active(version: ModelVersion) -> None:
    print(_("{name} is used from now on.").format(name=version.name))


@contextmanager
def _registry(project: Path | None) -> Iterator[ModelRegistry]:
    if project is None:
        yield user_registry()
        return
    with Project.open(project) as opened:
        yield opened.models(resource("weights"), _library())
