"""A model without training: `dark_model.py FOLDER` writes a TernausNet-11 whose layers were set by hand to find what is
dark, cells 24 px wide. For tests that need a model which finds something, and for processes that may not load torch.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from model.checkpoint import new_model, save_model
from model.info import ModelInfo

DIAMETER = 24.0


def write_dark_model(folder: Path) -> None:
    info = ModelInfo(
        "dark",
        "ternausnet11",
        num_filters=1,
        cell_diameter=DIAMETER,
        source_cell_diameter=DIAMETER,
        licence="ours",
    )
    model = new_model(info)
    parameter = model.network.get_parameter
    with torch.no_grad():
        for name in ("conv1.weight", "conv1.bias", "dec1.conv.weight", "dec1.conv.bias"):
            parameter(name).zero_()
        parameter("conv1.weight")[0, :, 1, 1] = -1.0  # minus the brightness of the pixel itself
        parameter("dec1.conv.weight")[0, 1, 1, 1] = 1.0  # channel 0 is the upsampled path, 1 the first of conv1
        parameter("final.weight").fill_(8.0)
        parameter("final.bias").fill_(-4.0)
    save_model(model, folder)


if __name__ == "__main__":
    write_dark_model(Path(sys.argv[1]))
