"""`bcseg models`: the model versions that the program came with and those of a library or project."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import _
from bcseg_gui.core.locations import model_library
from bcseg_gui.core.models import ModelRegistry, ModelVersion
from bcseg_gui.core.models.model_file import SUFFIX
from bcseg_gui.core.models.registry import INFO_FILE, WEIGHTS_FILE
from bcseg_gui.core.project import Project
from bcseg_gui.core.resources import resource
from bcseg_gui.core.retraining.record import read_record, was_refused
from bcseg_gui.core.retraining.verdict import verdict
from bcseg_gui.core.user import user_name

app = typer.Typer(no_args_is_help=True, help="List, import, and choose models.")
Rgb = tuple[float, float, float]
ProjectOption = Annotated[
    Path | None, typer.Option("--project", help="A NAME.bcseg project; without it, your own library of models.")
]


def user_registry() -> ModelRegistry:
    """The models that came with the program and those of the user's own library."""
    return ModelRegistry(resource("weights"), model_library())


def find_model(name: str | None) -> Path:
    """The folder of a model given by folder or name; None is the active one. Raises UserError when there is none."""
    if name is None:
        return user_registry().active().folder
    return Path(name) if Path(name).is_dir() else user_registry().get(name).folder


@app.command("list")
def list_models(project: ProjectOption = None) -> None:
    """List the models; the active one has a star."""
    with _registry(project) as registry:
        active = registry.active().name
        print(_row(" ", _("name"), _("network"), _("made"), "Dice"))
        for version in registry.versions():
            dice = version.metrics.get("dice")
            score = f"{dice:.4f}" if dice is not None else "–"
            star = "*" if version.name == active else " "
            print(_row(star, version.name, version.architecture, version.created[:10], score))


def _row(star: str, name: str, network: str, made: str, score: str) -> str:
    return f"{star} {name:<40} {network:<13} {made:<11} {score}"


@app.command()
def show(name: str, project: ProjectOption = None) -> None:
    """Show what is known of a model: network, data, figures, licence."""
    with _registry(project) as registry:
        version = registry.get(name)
        record, overruled_by = read_record(version.folder), registry.overruled_by(name)
    size = _("{work:g} px in the network, {source:g} px in the pictures it learnt from")
    rows = {
        _("name"): version.name,
        _("folder"): version.folder,
        _("network"): version.architecture,
        _("classes"): ", ".join(version.classes),
        _("cell diameter"): size.format(work=version.cell_diameter, source=version.source_cell_diameter),
        _("grown from"): version.parent or "–",
        _("by"): record.author if record is not None else "–",
        _("gate"): verdict(record.decision) if record is not None else "–",
        _("put to use all the same by"): overruled_by or "–",
        _("made"): version.created[:16].replace("T", " ") or "–",
        _("licence"): version.licence or "–",
        **{_figure_name(key): f"{value:.4f}" for key, value in version.metrics.items()},
    }
    width = max(map(len, rows))
    for key, value in rows.items():
        print(f"{key:<{width}}  {value}")


def _figure_name(key: str) -> str:
    names = {
        "dice": _("Dice coefficient"),
        "jaccard": _("Jaccard index"),
        "worst_dice": _("Agreement on the worst picture"),
        "pixel_accuracy": _("Pixel accuracy"),
        "object_f1": _("F1 score of whole cells"),
        "count_error": _("Error in the number of cells"),
        "seconds_per_megapixel": _("Seconds per megapixel"),
        "loss": _("Loss"),
    }
    return names.get(key, key)


@app.command("import")
def import_model(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            help="A model folder (model.json and weights.safetensors), a FILE.bcseg-model, or a FILE.pt of weights "
            "that the Python package ternausnet saved.",
        ),
    ],
    name: Annotated[str | None, typer.Option(help="Name in the library; by default the model's or the file's.")] = None,
    cell_diameter: Annotated[
        float | None, typer.Option(min=4, help="FILE.pt: diameter of a red cell as the network was shown it, px.")
    ] = None,
    classes: Annotated[
        list[str] | None, typer.Option("--class", help="FILE.pt: what it finds; once for each class.")
    ] = None,
    mean: Annotated[
        Rgb | None, typer.Option(help="FILE.pt: what is taken off red, green and blue (0 to 1); ImageNet's by default.")
    ] = None,
    std: Annotated[
        Rgb | None, typer.Option(help="FILE.pt: what the rest is divided by; ImageNet's by default.")
    ] = None,
    licence: Annotated[str | None, typer.Option(help="FILE.pt: terms of its weights, kept with the model.")] = None,
    project: ProjectOption = None,
) -> None:
    """Copy a model folder into the library, or a network of the Python package ternausnet (UNet11, UNet16)."""
    given = {
        "cell_diameter": cell_diameter,
        "classes": tuple(classes or ()),
        "mean": mean,
        "std": std,
        "licence": licence,
    }
    given = {key: value for key, value in given.items() if value}
    if not path.exists():
        raise UserError("“{path}” does not exist. Check the name, and that its drive is connected.", path=path)
    with _registry(project) as registry:
        if path.is_file() and path.name not in (INFO_FILE, WEIGHTS_FILE) and path.suffix != SUFFIX:
            version = _import_weights(registry, path, name or path.stem, given)
        elif given:
            raise UserError("“{path}” is a model folder and says all this itself. Give --name alone.", path=path)
        else:
            version = registry.import_(path, name)
            print(_("Imported as {name}.").format(name=version.name))
    print(_("To use it: bcseg models promote {name}").format(name=version.name))


def _import_weights(registry: ModelRegistry, path: Path, name: str, given: dict[str, Any]) -> ModelVersion:
    """Take over weights of the package `ternausnet`; `given` are fields of ModelInfo."""
    if min(given.get("std", (1,))) <= 0:
        raise UserError("--std must be above 0, since the colours are divided by it.")
    from model.foreign import import_foreign  # torch is imported only here: the other commands answer at once
    from model.info import ModelInfo

    info = replace(ModelInfo(name, classes=()), **given)
    folder = registry.new_folder()
    try:
        info = import_foreign(path, folder, replace(info, source_cell_diameter=info.cell_diameter))
        version = registry.add(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(
        _("Imported as {name}: {network}, {decoder} decoder of width {filters}; it finds {classes}.").format(
            name=version.name,
            network=info.architecture,
            decoder=info.decoder,
            filters=info.num_filters,
            classes=", ".join(info.classes),
        )
    )
    if not {"cell_diameter", "mean", "std"} <= given.keys():
        print(
            _(
                "It will be shown cells {diameter:g} px wide, in colours less {mean} and divided by {std}. The file "
                "does not say whether it learnt so; if not, import it again with --cell-diameter, --mean and --std."
            ).format(diameter=info.cell_diameter, mean=info.mean, std=info.std)
        )
    return version


@app.command()
def export(
    name: str,
    output: Annotated[Path, typer.Argument(metavar="FILE.bcseg-model", help="The file to write.")],
    project: ProjectOption = None,
) -> None:
    """Write a model into one file, which import reads."""
    if output.suffix != SUFFIX:
        output = output.with_name(output.name + SUFFIX)
    with _registry(project) as registry:
        registry.export(name, output)
    print(_("Written to {path}.").format(path=output))


@app.command()
def promote(name: str, project: ProjectOption = None) -> None:
    """Use this model from now on."""
    with _registry(project) as registry:
        overruled = was_refused(registry.get(name).folder)
        _print_active(registry.promote(name, user_name(), overruled=overruled))


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
        yield opened.models(resource("weights"), model_library())
