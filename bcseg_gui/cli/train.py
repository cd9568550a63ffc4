"""`bcseg train`: train a TernausNet on folders of pictures and masks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from bcseg_gui.core.i18n import _

from .progress import progress_bar


def train(
    images: Annotated[Path, typer.Option(help="Folder of pictures.")],
    masks: Annotated[Path, typer.Option(help="Folder of masks with the same names: 0 background, 255 cells.")],
    output: Annotated[Path, typer.Option(help="Folder of the new model; a stopped run in it goes on.")],
    arch: Annotated[Literal["ternausnet16", "ternausnet11"], typer.Option(help="Network.")] = "ternausnet16",
    parent: Annotated[str | None, typer.Option("--from", help="Model to start from: a name or a folder.")] = None,
    encoder_weights: Annotated[
        str, typer.Option(help="VGG weights for the encoder of a new model: a safetensors file, or none.")
    ] = "none",
    epochs: Annotated[int, typer.Option(min=1, help="Rounds over the pictures.")] = 4,
    seed: Annotated[int, typer.Option(help="The same seed and pictures give the same model.")] = 0,
    num_filters: Annotated[int, typer.Option(min=1, help="Width of the decoder of a new model.")] = 24,
    cell_diameter: Annotated[float, typer.Option(min=4, help="Working size of a cell of a new model, px.")] = 42.0,
    licence: Annotated[str, typer.Option(help="Terms of the data, kept with the model.")] = "",
) -> None:
    """Train a model. Every 5th picture in sorted order is kept for the test and never learnt from."""
    # torch is imported here, not above: `bcseg --help` answers at once
    from model.checkpoint import ModelInfo, load_model, new_model
    from model.dataset import find_pairs, split_pairs
    from model.train import EpochDone, StepDone, Trained, TrainSettings
    from model.train import train as run

    from .evaluate import read_whole
    from .models import find_model

    dataset = split_pairs(find_pairs(images, masks))
    settings = TrainSettings(epochs=epochs, seed=seed)
    if parent is None:
        info = ModelInfo(
            name=output.resolve().name, architecture=arch, num_filters=num_filters, cell_diameter=cell_diameter,
            licence=licence,
        )  # fmt: skip
        vgg = None if encoder_weights == "none" else Path(encoder_weights)
        model = new_model(info, seed=seed, encoder_weights=vgg)
    else:
        model = load_model(find_model(parent)).renamed(output.resolve().name)
        settings = settings.gentler()
    print(
        _("Learning from {n} pairs, testing on {m}.").format(n=len(dataset.training), m=len(dataset.holdout)),
        flush=True,
    )
    with progress_bar() as bar:
        task = bar.add_task(_("Training"), total=None)
        for event in run(model, dataset, output, settings, read=read_whole):
            if isinstance(event, StepDone):
                bar.update(task, completed=event.step, total=event.steps, description=f"loss {event.loss:.4f}")
            elif isinstance(event, EpochDone):
                row = event.row
                print(
                    f"epoch {row.epoch}/{event.epochs}  accuracy {row.accuracy:.4f}  loss {row.loss:.4f}  "
                    f"val_accuracy {row.val_accuracy:.4f}  val_loss {row.val_loss:.4f}  "
                    f"val_dice {row.val_dice:.4f}  val_jaccard {row.val_jaccard:.4f}  {row.seconds:.0f} s",
                    flush=True,
                )
            elif isinstance(event, Trained):
                print(_("Model written to {folder}.").format(folder=output))
