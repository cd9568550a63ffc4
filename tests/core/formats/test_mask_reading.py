from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.formats import mask_reading
from bcseg_gui.core.formats.mask_picture import write_mask_picture
from bcseg_gui.core.formats.mask_reading import parted, read_mask_picture

CLASSES = np.array([[0, 1, 1, 0, 3], [0, 1, 1, 0, 3], [2, 0, 0, 0, 0]], np.uint8)
SIZE = (5, 3)


def saved(path: Path, pixels: np.ndarray, mode: str | None = None) -> Path:
    if path.suffix == ".tif":
        tifffile.imwrite(path, pixels)
    else:
        picture = Image.fromarray(pixels)
        (picture.convert(mode) if mode else picture).save(path)
    return path


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("count", [1, 3])
def test_what_this_program_wrote_is_read_as_it_was(tmp_path, suffix, count):
    path = tmp_path / f"mask{suffix}"
    write_mask_picture(path, CLASSES, count)
    expected = CLASSES if count > 1 else CLASSES > 0
    assert np.array_equal(read_mask_picture(path, SIZE), expected)


@pytest.mark.parametrize(
    ("name", "pixels", "mode"),
    [
        ("black and white.png", (CLASSES > 0) * np.uint8(255), None),
        ("one bit.png", (CLASSES > 0) * np.uint8(255), "1"),
        ("colours.png", (CLASSES > 0) * np.uint8(255), "RGB"),
        ("opaque.png", (CLASSES > 0) * np.uint8(255), "RGBA"),
        ("grey and opaque.png", (CLASSES > 0) * np.uint8(255), "LA"),
        ("bitmap.bmp", (CLASSES > 0) * np.uint8(255), None),
        ("sixteen bits.tif", (CLASSES > 0) * np.uint16(65535), None),
        ("ones.png", (CLASSES > 0).astype(np.uint8), None),
    ],
)
def test_black_and_white_is_the_first_class(tmp_path, name, pixels, mode):
    assert np.array_equal(read_mask_picture(saved(tmp_path / name, pixels, mode), SIZE), CLASSES > 0)


def test_grey_values_and_palettes_are_class_numbers(tmp_path):
    assert np.array_equal(read_mask_picture(saved(tmp_path / "ids.png", CLASSES), SIZE), CLASSES)
    assert np.array_equal(read_mask_picture(saved(tmp_path / "ids.tif", CLASSES), SIZE), CLASSES)
    picture = Image.fromarray(CLASSES)
    picture.putpalette([0, 0, 0, 200, 0, 0, 0, 200, 0, 0, 0, 200])
    picture.save(tmp_path / "palette.png")
    assert np.array_equal(read_mask_picture(tmp_path / "palette.png", SIZE), CLASSES)


LABELS = np.array([[1, 1, 1, 2, 2], [1, 1, 1, 2, 2], [300, 300, 0, 7, 0]])
APART = np.array([[1, 1, 0, 1, 1], [0, 0, 0, 0, 1], [1, 1, 0, 1, 0]])


@pytest.mark.parametrize(
    ("name", "kind"),
    [("labels.png", np.uint16), ("labels.tif", np.uint16), ("deep.tif", np.int32), ("a_cp_masks.png", np.uint8)],
)
def test_numbered_cells_are_parted_where_they_touch(tmp_path, name, kind):
    labels = LABELS.astype(kind) if kind != np.uint8 else np.where(LABELS == 300, 44, LABELS).astype(np.uint8)
    path = tmp_path / name
    if kind == np.uint16 and path.suffix == ".png":
        cv2.imwrite(str(path), labels)
    else:
        saved(path, labels)
    assert np.array_equal(read_mask_picture(path, SIZE), APART)


@given(arrays.arrays(np.uint16, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 4)))
def test_no_cell_touches_another_and_no_background_becomes_a_cell(labels):
    cells = parted(labels)
    assert not cells[labels == 0].any()
    numbers = np.where(cells > 0, labels, 0).astype(int)
    for a, b in ((numbers[:, :-1], numbers[:, 1:]), (numbers[:-1], numbers[1:])):
        assert ((a == b) | (a == 0) | (b == 0)).all()
    kept = [number for number in range(1, 5) if (labels == number).any()]
    if len(kept) == 1:
        assert np.array_equal(cells > 0, labels > 0)
    padded = np.pad(labels, 1)
    for number in kept:
        areas = [int((labels == other).sum()) for other in kept if other != number]
        if all(int((labels == number).sum()) < area for area in areas):
            assert (cells[labels == number]).all(), "the smallest keeps all it has"
    assert padded.any() == bool(cells.any())


@pytest.mark.parametrize(
    ("name", "pixels", "sentence"),
    [
        ("small.png", np.zeros((2, 5), np.uint8), "5 × 2 pixels, the picture 5 × 3"),
        ("small.tif", np.zeros((2, 5), np.uint8), "5 × 2 pixels, the picture 5 × 3"),
        ("photo.png", np.arange(45, dtype=np.uint8).reshape(3, 5, 3), "picture in colour"),
        ("grey.png", np.arange(15, dtype=np.uint8).reshape(3, 5) * 17, "shades of grey"),
        ("shares.tif", np.zeros((3, 5), np.float32), "shades of grey"),
        ("below.tif", np.full((3, 5), -1, np.int16), "shades of grey"),
        ("stack.tif", np.zeros((3, 5, 2, 2), np.uint8), "no mask"),
    ],
)
def test_what_is_no_mask_is_refused_with_a_sentence(tmp_path, name, pixels, sentence):
    with pytest.raises(UserError, match=sentence):
        read_mask_picture(saved(tmp_path / name, pixels), SIZE)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.txt"])
def test_what_cannot_be_read_is_refused_with_a_sentence(tmp_path, name):
    with pytest.raises(UserError, match="cannot be read as a mask"):
        read_mask_picture(tmp_path / name, SIZE)
    (tmp_path / name).write_bytes(b"no picture")
    with pytest.raises(UserError, match="cannot be read as a mask"):
        read_mask_picture(tmp_path / name, SIZE)


def test_what_is_too_large_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(mask_reading, "LARGEST", 10)
    with pytest.raises(UserError, match="too large"):
        read_mask_picture(saved(tmp_path / "a.png", CLASSES), SIZE)
