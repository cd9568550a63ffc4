from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from model.dataset import find_pairs, load_dataset, split_pairs
from model.errors import ModelError

WritePairs = Callable[[int], tuple[Path, Path]]


def test_every_fifth_picture_is_kept_for_the_test(write_pairs: WritePairs) -> None:
    dataset = split_pairs(find_pairs(*write_pairs(11)))
    assert [pair.image.stem for pair in dataset.holdout] == ["field-04", "field-09"]
    assert len(dataset.training) == 9
    assert not set(dataset.training) & set(dataset.holdout)


def test_one_pair_is_not_enough(write_pairs: WritePairs) -> None:
    with pytest.raises(ModelError, match="At least two pairs"):
        split_pairs(find_pairs(*write_pairs(1)))


def test_folders_that_do_not_match_are_said(write_pairs: WritePairs, tmp_path: Path) -> None:
    images, _ = write_pairs(2)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ModelError, match="has a mask of the same name"):
        find_pairs(images, empty)
    with pytest.raises(ModelError, match="is not a folder"):
        find_pairs(images, tmp_path / "absent")


def test_the_manifest_decides_the_split(write_pairs: WritePairs, tmp_path: Path) -> None:
    write_pairs(3)
    splits = ["train", "holdout", "train"]
    pairs = [
        {"image": f"images/field-0{i}.png", "mask": f"masks/field-0{i}.png", "split": split, "other": 1}
        for i, split in enumerate(splits)
    ]
    (tmp_path / "manifest.json").write_text(json.dumps({"schema": 1, "pairs": pairs}))
    dataset = load_dataset(tmp_path)
    assert [pair.image.stem for pair in dataset.holdout] == ["field-01"]
    (tmp_path / "manifest.json").write_text(json.dumps({"schema": 1, "pairs": pairs[:1]}))
    with pytest.raises(ModelError, match="Review at least two"):
        load_dataset(tmp_path)
