from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model.checkpoint import Model, new_model
from model.dataset import Dataset, find_pairs
from model.errors import ModelError
from model.info import ModelInfo
from model.pictures import read_mask, read_picture
from model.training.distil import Lesson, teach
from model.training.settings import TrainSettings
from model.training.train import EpochFinished, TrainingFinished, train

WritePairs = Callable[[int], tuple[Path, Path]]


def test_the_teacher_is_asked_once_and_a_picture_without_a_mask_gets_its_own(
    tiny_model: Model, write_pairs: WritePairs, tmp_path: Path
) -> None:
    known, unknown = find_pairs(*write_pairs(2))
    lessons = [Lesson(known.image, known.mask), Lesson(unknown.image, cell_diameter=24)]
    pairs = list(teach(tiny_model, lessons, tmp_path / "teacher", read_picture))
    assert [pair.mask == lesson.mask for pair, lesson in zip(pairs, lessons, strict=True)] == [True, False]
    assert [pair.predicted for pair in pairs] == [False, True]
    assert pairs[1].cell_diameter == 24
    for pair in pairs:
        assert pair.teacher is not None
        assert read_picture(pair.teacher).shape == read_picture(pair.image).shape
        assert read_mask(pair.mask).shape == read_picture(pair.image).shape[:2]
    read: list[Path] = []

    def note(path: Path) -> NDArray[np.uint8]:
        read.append(path)
        return read_picture(path)

    assert list(teach(tiny_model, lessons, tmp_path / "teacher", note)) == pairs
    assert read == [], "asked once"
    unknown.image.write_bytes(known.image.read_bytes())
    again = list(teach(tiny_model, lessons, tmp_path / "teacher", note))
    assert read == [unknown.image], "another picture under the same name"
    assert again[0] == pairs[0]
    assert again[1].teacher != pairs[1].teacher


def test_an_unreadable_picture_is_said(tiny_model: Model, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(ModelError, match="cannot be read as a picture"):
        list(teach(tiny_model, [Lesson(tmp_path / "a.png")], tmp_path / "teacher", read_picture))
    with pytest.raises(ModelError, match="cannot be read"):
        list(teach(tiny_model, [Lesson(tmp_path / "gone.png")], tmp_path / "teacher", read_picture))


def test_a_student_learns_from_teacher_and_masks(tiny_model: Model, write_pairs: WritePairs, tmp_path: Path) -> None:
    pairs = find_pairs(*write_pairs(4))
    lessons = [Lesson(pairs[0].image, pairs[0].mask), *(Lesson(pair.image, None, 24) for pair in pairs[1:3])]
    taught = tuple(teach(tiny_model, lessons, tmp_path / "teacher", read_picture))
    student = new_model(replace(tiny_model.info, name="student", num_filters=2), seed=2)
    events = list(
        train(
            student, Dataset(taught, tuple(pairs[3:]), "x"), tmp_path / "run", TrainSettings(epochs=1, batch=2, crop=64)
        )
    )
    assert [type(event) for event in events[-2:]] == [EpochFinished, TrainingFinished]


def test_a_shallow_encoder_starts_from_the_layers_of_a_deep_one() -> None:
    teacher = new_model(ModelInfo(name="t", architecture="ternausnet16", num_filters=2), seed=1)
    student = new_model(ModelInfo(name="s", architecture="ternausnet11", num_filters=2), seed=2)
    student.network.inherit(teacher.network)
    ours, theirs = student.network.state_dict(), teacher.network.state_dict()
    for own, taken in (("conv1", "conv1.0"), ("conv3s", "conv3.0"), ("conv3", "conv3.2"), ("conv5", "conv5.2")):
        np.testing.assert_array_equal(ours[f"{own}.weight"], theirs[f"{taken}.weight"])
    same = new_model(replace(teacher.info, name="same"), seed=3)
    same.network.inherit(teacher.network)
    for name, tensor in same.network.state_dict().items():
        np.testing.assert_array_equal(tensor, theirs[name])
