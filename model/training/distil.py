"""Distillation: a small network learns from the probabilities of a large one, with and without masks.

After Hinton, Vinyals & Dean 2015 (arXiv 1503.02531): probabilities hold more than a mask does, such as where a border
is doubtful. The teacher sees every picture once; its probabilities are kept on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..cell_size import median_cell_diameter
from ..checkpoint import Model
from ..dataset import Pair, hash_file
from ..engines.torch_engine import TorchEngine
from ..errors import ModelError
from ..files import make_folder, write_atomic
from ..pictures import PictureReader, read_mask
from ..predict import predict_picture


@dataclass(frozen=True, slots=True)
class Lesson:
    """A picture for the teacher; without a mask the student learns from the teacher alone.

    `cell_diameter`: level-0 px; None: measured on the mask, else the teacher's usual size.
    """

    image: Path
    mask: Path | None = None
    cell_diameter: float | None = None


def teach(teacher: Model, lessons: Iterable[Lesson], folder: Path, read: PictureReader) -> Iterator[Pair]:
    """Yield the lessons in order as pairs with the teacher's probabilities (`Pair.teacher`).

    Files in `folder` from an interrupted run of the same teacher on the same pictures are reused. Raises
    ModelError for unreadable pictures, a full disk, and a teacher of several classes.
    """
    if teacher.info.num_outputs > 1:
        raise ModelError(
            "{model} cannot teach: it has several classes. Choose a model that only finds cells.",
            model=teacher.info.name,
        )
    folder = folder / (teacher.info.weights_sha256[:12] or teacher.info.name)
    make_folder(folder)
    engine = TorchEngine(teacher)
    for lesson in lessons:
        name = f"{lesson.image.stem}-{hash_file(lesson.image).hex()[:12]}"
        seen, mask = (folder / f"{name}-{kind}.png" for kind in ("teacher", "mask"))
        if not (seen.is_file() and mask.is_file()):
            diameter = lesson.cell_diameter
            if diameter is None and lesson.mask:
                diameter = median_cell_diameter([read_mask(lesson.mask)], None)
            probabilities, classes = predict_picture(engine, teacher.info, read(lesson.image), diameter)
            write_atomic(mask, _png(classes * np.uint8(255)))
            write_atomic(seen, _png(np.round(probabilities[0] * 255).astype(np.uint8)))  # last: both are there then
        yield Pair(lesson.image, lesson.mask or mask, lesson.cell_diameter, seen, predicted=lesson.mask is None)


def _png(picture: NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".png", picture)[1].tobytes()
