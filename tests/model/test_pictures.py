from __future__ import annotations

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

from model.dataset import find_pairs
from model.errors import ModelError
from model.pictures import read_mask, read_pair

WritePairs = Callable[[int], tuple[Path, Path]]


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


def test_a_mask_that_numbers_the_classes_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "ids.png"
    Image.fromarray(np.array([[0, 1, 2, 5, 7]], np.uint8)).save(path)
    assert read_mask(path, 2, (5, 1)).tolist() == [[0, 2, 0, 1, 0]]
    assert read_mask(path, 1, (5,)).tolist() == [[0, 0, 0, 1, 0]], "white cells alone"
    assert read_mask(path, 3, (1, 0, 7)).tolist() == [[0, 1, 0, 0, 3]], "there is none of the second here"
    with pytest.raises(ModelError, match="holds class 7"):
        read_mask(path, 2)
