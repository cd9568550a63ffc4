"""Measure the cells in the masks of a dataset before training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..cell_size import cell_diameter_of, smallest_cells
from ..dataset import Dataset
from ..info import ModelInfo
from ..pictures import read_mask
from ..preprocess import working_scale


def measured(info: ModelInfo, dataset: Dataset) -> tuple[ModelInfo, float]:
    """The info of the model to be: what people's masks say about the cells, and the hash of the data; and how much
    there is to learn from, in px at the working scale.
    """
    sizes: list[int] = []
    diameters: list[float | None] = []

    def drawn() -> Iterator[NDArray[np.uint8]]:  # one at a time: the mask of a piece of a whole slide is large
        for pair in dataset.training:
            mask = read_mask(pair.mask, len(info.classes), dataset.class_ids)
            sizes.append(mask.size)
            diameters.append(cell_diameter_of(pair, mask))
            if not pair.predicted:
                yield mask

    smallest, at_edge = smallest_cells(drawn())
    known = [
        diameter
        for pair, diameter in zip(dataset.training, diameters, strict=True)
        if diameter is not None and not pair.predicted
    ]
    info = replace(
        info,
        source_cell_diameter=round(float(np.median(known)), 1) if known else info.source_cell_diameter,
        smallest=_less(info, info.smallest, smallest),
        smallest_at_edge=_less(info, info.smallest_at_edge, at_edge),
        dataset_hash=dataset.hash,
        created="",
    )
    area = sum(size * working_scale(info, diameter) ** 2 for size, diameter in zip(sizes, diameters, strict=True))
    return info, area


def _less(info: ModelInfo, known: float, measured: float | None) -> float:
    """Of how small a thing is found: a model that goes on from another passes over nothing that the other found.

    A few masks say little of the smallest things in them.
    """
    if measured is None:
        return known
    return measured if info.parent is None else min(known, measured)
