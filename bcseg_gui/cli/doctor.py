"""`bcseg doctor`: what this computer has, and whether everything the program needs works."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from bcseg_gui.core.i18n import _, sentence
from bcseg_gui.core.models import ModelVersion

from .models import user_registry

if TYPE_CHECKING:
    from model.engines.choice import EngineChoice, Trial

PACKAGES = (
    "torch",
    "openvino",
    "PySide6-Essentials",
    "numpy",
    "opencv-python-headless",
    "openslide-python",
    "tifffile",
)


def doctor() -> None:
    """Check this computer: versions, processor, models, speed. Exit code 1 when something is missing."""
    print(f"bcseg-gui {metadata.version('bcseg-gui')}, Python {platform.python_version()}, {platform.platform()}")
    for package in PACKAGES:
        print(f"  {package:<24} {metadata.version(package)}")
    try:
        _check_models()
    except Exception as error:  # noqa: BLE001 – a doctor reports whatever is wrong
        print(_("Problem: {problem}").format(problem=sentence(error)), file=sys.stderr)
        sys.exit(1)
    print(_("Everything needed is here."))


def _check_models() -> None:
    import openslide
    import torch

    from model.engines.engine import physical_cores
    from model.engines.openvino_engine import processor
    from model.engines.torch_engine import best_device

    print(f"  {'OpenSlide library':<24} {openslide.__library_version__}")
    print(
        _("Processor: {name}; {threads} of {cores} cores in use; torch would compute on {device}.").format(
            name=processor(),
            threads=physical_cores() or torch.get_num_threads(),
            cores=os.cpu_count(),
            device=best_device(),
        )
    )
    registry = user_registry()
    active = registry.active()
    for version in registry.versions():
        if version.bundled or version.name == active.name:
            _check_model(version)


def _check_model(version: ModelVersion) -> None:
    from bcseg_gui.compute.models import engine_choice
    from model.checkpoint import load_model

    choice = engine_choice(load_model(version.folder), version.folder)
    best = choice.best()
    print(
        _("Model {name}: {engine}, {seconds:.2f} s per megapixel at working scale.").format(
            name=version.name, engine=best.engine, seconds=best.seconds
        )
    )
    for trial in choice.trials:
        print(f"  {trial.engine:<24} {_told(trial, choice)}")


def _told(trial: Trial, choice: EngineChoice) -> str:
    if trial.error:
        return _("does not work here: {reason}").format(reason=trial.error)
    reference = choice.trials[0]
    if trial is reference:
        return _("{seconds:.2f} s, the reference: {cells} cells on {pictures} pictures").format(
            seconds=trial.seconds, cells=trial.cells, pictures=choice.pictures
        )
    template = (
        _("{seconds:.2f} s, {cells} cells, Dice {dice:.4f} with the reference: accepted")
        if trial.accepted
        else _("{seconds:.2f} s, {cells} cells, Dice {dice:.4f} with the reference: too different, not used")
    )
    return template.format(seconds=trial.seconds, cells=trial.cells, dice=trial.dice)
