"""`bcseg train`: train a TernausNet on folders of pictures and masks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bcseg_gui.compute.protocol import Train
from bcseg_gui.core.cells.diameter import slide_cell_diameter
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import _
from bcseg_gui.core.masks import CLASS_BITS
from bcseg_gui.core.retraining.record import read_record
from bcseg_gui.core.retraining.verdict import evidence, verdict
from bcseg_gui.core.slides import find_slides, open_slide
from bcseg_gui.core.user import user_name
from model.networks import NETWORKS

from .evaluate import read_whole
from .imagenet import imagenet_weights
from .progress import progress_bar
from .torchrun import one_of_several

if TYPE_CHECKING:
    from bcseg_gui.compute.protocol import EpochDone
    from model.checkpoint import Model
    from model.dataset import Dataset
    from model.training.history import EpochRow
    from model.training.settings import TrainSettings

    Architecture = str
else:
    Architecture = Literal[tuple(NETWORKS)]

TEACHER_FOLDER = "teacher"


@one_of_several()
def train(
    images: Annotated[Path, typer.Option(help="Folder of pictures.")],
    masks: Annotated[
        Path,
        typer.Option(
            help="Folder of masks with the same names: 0 background, 255 cells; of several classes the numbers 1, 2 …"
        ),
    ],
    output: Annotated[Path, typer.Option(help="Folder of the new model; a stopped run in it goes on.")],
    arch: Annotated[Architecture, typer.Option(help="Network.")] = "ternausnet16",
    decoder: Annotated[
        Literal["deconv", "interpolate"], typer.Option(help="How the decoder of a new model doubles the size.")
    ] = "deconv",
    parent: Annotated[str | None, typer.Option("--from", help="Model to start from: a name or a folder.")] = None,
    classes: Annotated[
        str,
        typer.Option(
            metavar="NAME,NAME…",
            help="What the numbers 1, 2 … in the masks stand for; 3=NAME for a number out of turn, and numbers without "
            "a name are background. With --from: the model's own classes, then new ones.",
        ),
    ] = "",
    new_target: Annotated[
        bool,
        typer.Option("--new-target", help="With --from: a model for something else, which is not compared with it."),
    ] = False,
    encoder_weights: Annotated[
        str,
        typer.Option(
            metavar="FILE|imagenet|none",
            help="What the encoder of a new model starts from: VGG weights as torchvision names them (.pth, .pt, "
            ".safetensors); imagenet: torchvision's own, fetched once from the internet (half a GB).",
        ),
    ] = "none",
    teacher: Annotated[
        str | None,
        typer.Option(help="Model whose probabilities a new, smaller one learns besides the masks: a name or a folder."),
    ] = None,
    unlabelled: Annotated[
        list[Path] | None, typer.Option(help="Folder of pictures without masks, for --teacher; can be given again.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Rounds over the pictures.")] = 4,
    seed: Annotated[int, typer.Option(help="The same seed and pictures give the same model.")] = 0,
    num_filters: Annotated[int, typer.Option(min=1, help="Width of the decoder of a new model.")] = 24,
    cell_diameter: Annotated[float, typer.Option(min=4, help="Working size of a cell of a new model, px.")] = 42.0,
    licence: Annotated[str, typer.Option(help="Terms of the data, kept with the model.")] = "",
) -> None:
    """Train a model. Every 5th picture in sorted order is kept for the test and never learnt from.

    With --from, the new model is compared with the one it started from, and report.html tells what came of it. Classes
    that it does not know are added with --classes; what it knew stays.
    """
    # torch is imported here, not above: `bcseg --help` answers at once
    from model.checkpoint import load_model, new_model
    from model.dataset import find_pairs, split_pairs
    from model.info import ModelInfo
    from model.training.distributed import broadcast_from_leader
    from model.training.settings import TrainSettings
    from model.training.unfinished import refuse_finished

    from .models import find_model

    if parent is not None and (encoder_weights != "none" or teacher is not None):
        raise UserError("--encoder-weights and --teacher are for a new model. Leave them out, or leave out --from.")
    if new_target and parent is None:
        raise UserError("--new-target goes with --from, the model to start from. Without it, every model is a new one.")
    numbered, with_numbers = _numbered_classes(classes)
    if with_numbers and teacher is not None:
        raise UserError(
            "A --teacher knows all its classes. Leave out the numbers in --classes, or leave out --teacher."
        )
    if unlabelled and teacher is None:
        raise UserError("Pictures without masks need a --teacher to learn from.")
    refuse_finished(output)  # now, not after the hours that a teacher may take
    dataset = split_pairs(find_pairs(images, masks))
    if with_numbers:
        dataset = replace(dataset, class_ids=tuple(numbered.values()))
        _check_numbers(dataset)
    settings = TrainSettings(epochs=epochs, seed=seed)
    if parent is None:
        info = ModelInfo(
            name=output.resolve().name,
            architecture=arch,
            decoder=decoder,
            num_filters=num_filters,
            cell_diameter=cell_diameter,
            licence=licence,
            classes=tuple(numbered) or ("cell",),
        )
        vgg = broadcast_from_leader(lambda: _vgg_weights(encoder_weights, arch))
        model = broadcast_from_leader(lambda: new_model(info, seed=seed, encoder_weights=vgg))
        settings = replace(settings, frozen_stages=2 if vgg else 0)
    else:
        request = Train(0, images, find_model(parent), output, epochs, seed, user_name(), numbered, new_target)
        _retrain(request, dataset)
        return
    if teacher is not None:
        master = load_model(find_model(teacher))
        model = replace(model, info=replace(model.info, teacher=master.info.name))
        if encoder_weights == "none":
            model.network.inherit(master.network)
        dataset = broadcast_from_leader(lambda: _taught(dataset, master, unlabelled or [], output / TEACHER_FOLDER))
        del master  # its memory is the student's now
    _print_split(dataset)
    if _run(model, dataset, output, settings):
        shutil.rmtree(output / TEACHER_FOLDER, ignore_errors=True)
        print(_("Model written to {folder}.").format(folder=output))


def _retrain(request: Train, dataset: Dataset) -> None:
    """Retrain a model, and judge the candidate by the gate."""
    from bcseg_gui.compute.protocol import EpochDone, Progress
    from bcseg_gui.compute.retraining import train as run
    from model.training.distributed import is_leader

    _print_split(dataset)
    work = run(request, lambda: False, dataset=dataset, read=read_whole)
    with progress_bar() as bar:
        task = bar.add_task(_("Training"), total=None)
        for event in work:
            if isinstance(event, Progress) and event.loss is not None:
                bar.update(task, completed=event.done, total=event.total, description=f"loss {event.loss:.4f}")
            elif isinstance(event, EpochDone):
                _print_epoch(event, event.epochs)
    if not is_leader():
        return
    record = read_record(request.output_folder)
    assert record is not None  # nobody cancels
    print(_("Model written to {folder}.").format(folder=request.output_folder))
    print(f"{verdict(record.decision)} {evidence(record.decision)}")


def _print_split(dataset: Dataset) -> None:
    print(
        _("Learning from {n} pairs, testing on {m}.").format(n=len(dataset.training), m=len(dataset.holdout)),
        flush=True,
    )


def _print_epoch(row: EpochRow | EpochDone, epochs: int) -> None:
    print(
        f"epoch {row.epoch}/{epochs}  accuracy {row.accuracy:.4f}  loss {row.loss:.4f}  "
        f"val_accuracy {row.val_accuracy:.4f}  val_loss {row.val_loss:.4f}  "
        f"val_dice {row.val_dice:.4f}  val_jaccard {row.val_jaccard:.4f}  "
        f"val_f1 {row.val_f1:.4f}  {row.seconds:.0f} s",
        flush=True,
    )


def _taught(dataset: Dataset, teacher: Model, unlabelled: list[Path], folder: Path) -> Dataset:
    """The dataset with the teacher's predictions of its training pictures, and of the `unlabelled` ones."""
    from model.dataset import hash_pairs
    from model.training.distil import Lesson, teach

    known = {pair.image.resolve() for pair in (*dataset.training, *dataset.holdout)}
    others = [path for path in find_slides(unlabelled) if path.resolve() not in known]

    def lessons() -> Iterator[Lesson]:
        for pair in dataset.training:
            yield Lesson(pair.image, pair.mask, pair.cell_diameter)
        for path in others:
            with open_slide(path) as slide:
                diameter = slide_cell_diameter(slide)
            yield Lesson(path, cell_diameter=diameter)

    total = len(dataset.training) + len(others)
    with progress_bar() as bar:
        pairs = teach(teacher, lessons(), folder, read_whole)
        training = tuple(bar.track(pairs, total=total, description=_("Asking the teacher")))
    return replace(dataset, training=training, hash=hash_pairs([*training, *dataset.holdout]))


def _run(model: Model, dataset: Dataset, output: Path, settings: TrainSettings) -> bool:
    """Train to the end; False when it was stopped earlier."""
    from model.training.train import EpochFinished, StepFinished, TrainingFinished
    from model.training.train import train as run

    trained = False
    with progress_bar() as bar:
        task = bar.add_task(_("Training"), total=None)
        for event in run(model, dataset, output, settings, read=read_whole):
            if isinstance(event, StepFinished):
                bar.update(task, completed=event.step, total=event.steps, description=f"loss {event.loss:.4f}")
            elif isinstance(event, EpochFinished):
                _print_epoch(event.row, event.epochs)
            elif isinstance(event, TrainingFinished):
                trained = True  # and on: the checkpoint goes last
    return trained


def _numbered_classes(text: str) -> tuple[dict[str, int], bool]:
    """Each class with its number in the masks, and whether any number was given."""
    numbered: dict[str, int] = {}
    number, with_numbers = 0, False
    for part in text.split(",") if text else ():
        given, equals, rest = part.partition("=")
        is_number = bool(equals) and given.strip().lstrip("-").isdecimal()
        number, name = (int(given), rest) if is_number else (number + 1, part)
        with_numbers |= is_number
        name = " ".join(name.split())
        is_known = name.casefold() in {each.casefold() for each in numbered} or number in numbered.values()
        if not name or name.startswith("=") or is_known or not 0 < number <= CLASS_BITS:
            raise UserError(
                "“{text}” does not name classes. Give every class a name and a number of its own: cell,white cell or "
                "2=white cell",
                text=text,
            )
        numbered[name] = number
    return numbered, with_numbers


def _check_numbers(dataset: Dataset) -> None:
    """Raises UserError for a mask without class numbers: all its cells would be of one class."""
    from model.pictures import holds_classes

    for pair in (*dataset.training, *dataset.holdout):
        if not holds_classes(pair.mask):
            raise UserError(
                "“{path}” is black and white, so the numbers in --classes mean nothing there. Use masks with class "
                "numbers, or leave the numbers out.",
                path=pair.mask,
            )


def _vgg_weights(choice: str, architecture: str) -> Path | None:
    if choice == "none":
        return None
    return imagenet_weights(architecture) if choice == "imagenet" else Path(choice)
