"""`bcseg doctor`: what this computer has, and whether everything the program needs works."""

from __future__ import annotations

import os
import platform
import sys
import time
from importlib import metadata

import numpy as np

from bcseg_gui.core.i18n import _, sentence

from .models import find_model


def doctor() -> None:
    """Check this computer: versions, processor, model, speed. Exit code 1 when something is missing."""
    print(f"bcseg-gui {metadata.version('bcseg-gui')}, Python {platform.python_version()}, {platform.platform()}")
    for package in ("torch", "PySide6-Essentials", "numpy", "opencv-python-headless", "openslide-python", "tifffile"):
        print(f"  {package:<24} {metadata.version(package)}")
    try:
        _check_model()
    except Exception as error:  # noqa: BLE001 – a doctor reports whatever is wrong
        print(_("Problem: {problem}").format(problem=sentence(error)), file=sys.stderr)
        sys.exit(1)
    print(_("Everything needed is here."))


def _check_model() -> None:
    import openslide
    import torch

    from model.checkpoint import load_model
    from model.engine import TorchEngine

    print(f"  {'OpenSlide library':<24} {openslide.__library_version__}")
    model = load_model(find_model(None))
    engine = TorchEngine(model)
    print(
        _("Processor: {cores} cores, {threads} in use, computing on {device}.").format(
            cores=os.cpu_count(), threads=torch.get_num_threads(), device=engine.device
        )
    )
    side = 256
    batch = np.zeros((1, 3, side, side), np.float32)
    engine.probabilities(batch)  # the first run chooses kernels
    started = time.perf_counter()
    engine.probabilities(batch)
    seconds = time.perf_counter() - started
    print(
        _("Model: {name}, {seconds:.1f} s per megapixel at working scale.").format(
            name=model.info.name, seconds=seconds / side**2 * 1e6
        )
    )
