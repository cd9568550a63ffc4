from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from model.dataset import (
    Crop,
    cut_crop,
    find_pairs,
    load_dataset,
    median_cell_diameter,
    read_mask,
    read_pair,
    smallest_cells,
    split_pairs,
)
from model.errors import ModelError
from model.training.augment import augment_colours, dihedral, with_pointer

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


def test_masks_of_any_convention_are_read(tmp_path: Path) -> None:
    truth = np.array([[0, 1], [1, 0]], np.uint8)
    for name, values in {"a.png": truth, "b.png": truth * 255, "c.png": truth * 200 + 20}.items():
        cv2.imwrite(str(tmp_path / name), values)
        np.testing.assert_array_equal(read_mask(tmp_path / name), truth)
    cv2.imwrite(str(tmp_path / "rgb.png"), np.dstack([truth * 255] * 3))
    np.testing.assert_array_equal(read_mask(tmp_path / "rgb.png"), truth)
    palette = Image.fromarray(np.array([[0, 2]], np.uint8))
    palette.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    palette.save(tmp_path / "ids.png")
    assert read_mask(tmp_path / "ids.png", classes=2).tolist() == [[0, 2]]
    cv2.imwrite(str(tmp_path / "ids.png"), truth * 200)
    with pytest.raises(ModelError, match="holds class 200"):
        read_mask(tmp_path / "ids.png", classes=2)


def test_an_empty_mask_has_no_foreground(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((3, 3), np.uint8))
    assert not read_mask(tmp_path / "a.png").any()


def test_a_mask_of_another_size_is_said(write_pairs: WritePairs) -> None:
    images, masks = write_pairs(2)
    cv2.imwrite(str(masks / "field-00.png"), np.zeros((5, 5), np.uint8))
    with pytest.raises(ModelError, match="another size"):
        read_pair(find_pairs(images, masks)[0], 1)


def test_the_cell_diameter_is_that_of_whole_cells() -> None:
    mask = np.zeros((300, 300), np.uint8)
    cv2.circle(mask, (80, 80), 20, 255, -1)
    cv2.circle(mask, (200, 200), 20, 255, -1)
    cv2.circle(mask, (299, 20), 50, 255, -1)  # cut by the border
    assert median_cell_diameter([mask], 1.0) == pytest.approx(40, abs=1.5)
    assert median_cell_diameter([np.zeros_like(mask)], 7.0) == 7.0


@pytest.mark.parametrize(("depth", "expected"), [(40, 0.5), (8, 0.08)])
def test_how_small_a_thing_people_mark(depth: int, expected: float) -> None:
    """Cells of radius 40 and 28, and some along the left edge of which `depth` to 72 px are to be seen."""
    masks = []
    for _ in range(4):
        mask = np.zeros((1200, 300), np.uint8)
        for index in range(12):
            y, shown = 50 + 96 * index, depth + index * (72 - depth) // 11
            cv2.circle(mask, (200, y), 28 if index == 0 else 40, 1, -1)
            cv2.circle(mask, (shown - 40, y), 40, 1, -1)
        masks.append(mask)
    smallest, at_edge = smallest_cells(masks)
    assert smallest == pytest.approx(0.25, abs=0.02), "half of the smaller kind"
    assert at_edge == pytest.approx(expected, abs=0.05)
    assert smallest_cells(masks[:1]) == (None, None), "too few to judge from"


def cut(picture: NDArray[np.uint8], mask: NDArray[np.uint8], *, edge: float = 0, seed: int = 4) -> Crop:
    rng = np.random.default_rng(seed)
    return cut_crop(picture, mask, scale=0.7, size=64, cell_diameter=30, classes=1, edge=edge, gap_weight=4, rng=rng)


def test_the_edge_of_a_picture_teaches_nothing() -> None:
    mask = np.zeros((60, 60), np.uint8)
    weight = cut(np.dstack([mask] * 3), mask, edge=10).weight
    assert weight.min() == 0
    assert weight.max() == 1
    assert cut(np.dstack([mask] * 3), mask, edge=0).weight.min() == 1


def test_a_pointer_is_no_cell() -> None:
    rng = np.random.default_rng(3)
    picture, mask = np.full((90, 90, 3), 120, np.uint8), np.ones((90, 90), np.uint8)
    for _ in range(20):
        shown, left = with_pointer(picture, mask, rng)
        covered = left == 0
        assert set(np.unique(left)) <= {0, 1}
        assert (shown[~covered].astype(int) - 120 == 0).mean() > 0.9, "nothing else is painted over"
        if covered.any():
            assert np.abs(shown[covered].astype(int) - 120).mean() > 20


@pytest.mark.parametrize("size", [(60, 60), (200, 90), (400, 300)])
def test_a_crop_shows_the_same_place_in_picture_and_target(size: tuple[int, int]) -> None:
    """The picture is the mask itself, so whatever the crop does to one it must do to the other."""
    mask = np.zeros(size, np.uint8)
    cv2.circle(mask, (size[1] // 2, size[0] // 2), 25, 1, -1)
    cv2.circle(mask, (size[1] // 4, size[0] // 4), 12, 1, -1)
    picture = np.dstack([mask * np.uint8(180) + np.uint8(30)] * 3)
    crop = cut(picture, mask)
    assert crop.picture.shape == (64, 64, 3)
    assert crop.target.shape == crop.weight.shape == (64, 64)
    grey = crop.picture.mean(2)
    if 0.02 < crop.target.mean() < 0.98:
        assert np.corrcoef(grey.ravel(), crop.target.ravel())[0, 1] > 0.9


def test_the_same_random_numbers_give_the_same_crop() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    one, two = (augment_colours(picture, np.random.default_rng(8)) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_the_eight_symmetries_are_eight() -> None:
    square = np.arange(9).reshape(3, 3)
    assert len({dihedral(square, turn).tobytes() for turn in range(8)}) == 8


@pytest.mark.parametrize("change", [lambda data: data[: len(data) // 2], lambda data: data[:40] + b"\0" * 60])
def test_a_damaged_picture_is_said(change: Callable[[bytes], bytes], write_pairs: WritePairs) -> None:
    pair = find_pairs(*write_pairs(1))[0]
    for path in (pair.mask, pair.image):
        content = path.read_bytes()
        path.write_bytes(change(content))
        with pytest.raises(ModelError, match="cannot be read as a picture"):
            read_pair(pair, 1)
        path.write_bytes(content)
    pair.mask.write_bytes(b"")
    with pytest.raises(ModelError, match="cannot be read as a picture"):
        read_mask(pair.mask)


@given(arrays(np.uint8, (9, 12), elements=st.integers(0, 3)))
def test_a_model_of_one_class_learns_cells_of_all(
    tmp_path_factory: pytest.TempPathFactory, ids: NDArray[np.uint8]
) -> None:
    path = tmp_path_factory.mktemp("ids") / "ids.png"
    Image.fromarray(ids).save(path)
    read = read_mask(path)
    assert not read[ids == 0].any()
    for class_id in range(1, 4):
        alone = np.where(ids == class_id, ids, 0)
        others = np.pad((ids != class_id) & (ids > 0), 1)
        touching = others[:-2, 1:-1] | others[2:, 1:-1] | others[1:-1, :-2] | others[1:-1, 2:]
        assert read[(alone > 0) & ~touching].all()
    # Cells of two classes never become one.
    for one, other, first, second in (
        (ids[:, :-1], ids[:, 1:], read[:, :-1], read[:, 1:]),
        (ids[:-1], ids[1:], read[:-1], read[1:]),
    ):
        assert not (first.astype(bool) & second.astype(bool) & (one != other)).any()


def test_every_second_crop_lies_where_a_person_corrected() -> None:
    mask, corrected = np.zeros((2, 400, 400), np.uint8)
    corrected[300:310, 50:60] = 255
    picture = np.zeros((400, 400, 3), np.uint8)
    picture[corrected > 0] = 255

    def shown(marks: NDArray[np.uint8] | None) -> float:
        crops = (
            cut_crop(
                picture,
                mask,
                scale=1.0,
                size=64,
                cell_diameter=20.0,
                classes=1,
                edge=0,
                gap_weight=0,
                rng=np.random.default_rng(seed),
                corrected=marks,
            )
            for seed in range(60)
        )
        return float(np.mean([np.ptp(crop.picture) > 60 for crop in crops]))

    assert shown(corrected) > 0.4
    assert shown(None) < 0.25
    assert shown(np.zeros_like(corrected)) < 0.25, "nothing was corrected"


def test_a_mask_that_numbers_the_classes_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "ids.png"
    Image.fromarray(np.array([[0, 1, 2, 5, 7]], np.uint8)).save(path)
    assert read_mask(path, 2, (5, 1)).tolist() == [[0, 2, 0, 1, 0]]
    assert read_mask(path, 1, (5,)).tolist() == [[0, 0, 0, 1, 0]], "white cells alone"
    assert read_mask(path, 3, (1, 0, 7)).tolist() == [[0, 1, 0, 0, 3]], "there is none of the second here"
    with pytest.raises(ModelError, match="holds class 7"):
        read_mask(path, 2)


def test_a_rare_small_class_is_no_speck() -> None:
    mask = np.zeros((600, 1200), np.uint8)
    for x in range(60, 1150, 80):
        for y in (60, 200, 340, 480):
            cv2.circle(mask, (x, y), 24, 1, -1)
    alone = smallest_cells([mask])[0]
    cv2.circle(mask, (100, 130), 9, 2, -1)
    assert smallest_cells([mask])[0] == pytest.approx(0.5 * (9 / 24) ** 2, abs=0.02)
    assert alone == pytest.approx(0.5, abs=0.02)


def test_how_small_a_thing_is_marked_beside_cells_of_a_known_size() -> None:
    mask = np.zeros((400, 400), np.uint8)
    for place in range(25):
        cv2.circle(mask, (40 + 80 * (place % 5), 40 + 80 * (place // 5)), 10, 1, -1)
    alone, _ = smallest_cells([mask])
    beside, _ = smallest_cells([mask], [40.0])
    assert alone == pytest.approx(0.5, abs=0.02)
    assert beside == pytest.approx(0.5 / 4, abs=0.02), "half its size across, a quarter of its area"
