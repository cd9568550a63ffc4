from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import NewerFileError
from bcseg_gui.core.formats.format import Piece
from bcseg_gui.core.formats.pairs import load_manifest, read_pairs, write_pairs, written_pairs
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MaskClass

CELL = (MaskClass(1, "cell", "#e69f00"),)
SEVERAL = (MaskClass(1, "red", "#ff0000"), MaskClass(2, "white", "#0000ff"))


@pytest.fixture
def piece() -> Piece:
    rng = np.random.default_rng(0)
    return Piece(
        name="a-1f",
        slide="a-1f",
        source="a.svs",
        region=Region(4, 5, 30, 20),
        mpp=0.1,
        cell_diameter=41.0,
        model="ternausnet16-v1",
        split="holdout",
        picture=rng.integers(0, 256, (20, 30, 3), dtype=np.uint8),
        classes=rng.integers(0, 3, (20, 30), dtype=np.uint8),
    )


def test_one_class_is_black_and_white(piece: Piece, tmp_path: Path) -> None:
    (pair,) = write_pairs(tmp_path, [piece], CELL).pairs
    with Image.open(tmp_path / pair.mask) as mask:
        np.testing.assert_array_equal(np.asarray(mask), np.where(piece.classes > 0, 255, 0))
    assert not (tmp_path / "corrected").exists()


def test_several_classes_are_ids_with_their_colours(piece: Piece, tmp_path: Path) -> None:
    (pair,) = write_pairs(tmp_path, [piece], SEVERAL).pairs
    with Image.open(tmp_path / pair.mask) as mask:
        assert mask.mode == "P"
        np.testing.assert_array_equal(np.asarray(mask), piece.classes)
        assert np.unique(np.asarray(mask.convert("RGB")).reshape(-1, 3), axis=0).tolist() == [
            [0, 0, 0],
            [0, 0, 255],
            [255, 0, 0],
        ]


def test_the_manifest_says_all_else(piece: Piece, tmp_path: Path) -> None:
    manifest = write_pairs(tmp_path, [piece], SEVERAL)
    assert load_manifest(tmp_path) == manifest
    (pair,) = manifest.pairs
    for name, digest in ((pair.image, pair.image_sha256), (pair.mask, pair.mask_sha256)):
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    (read,) = read_pairs(tmp_path)
    for field in ("name", "slide", "source", "region", "mpp", "cell_diameter", "model", "split", "corrected"):
        assert getattr(read, field) == getattr(piece, field)


def test_where_a_person_decided_is_a_third_picture(piece: Piece, tmp_path: Path) -> None:
    corrected = piece.classes == 2
    (pair,) = write_pairs(tmp_path, [replace(piece, corrected=corrected)], CELL).pairs
    with Image.open(tmp_path / pair.corrected) as picture:
        np.testing.assert_array_equal(np.asarray(picture), np.where(corrected, 255, 0))


def test_only_what_the_manifest_names_was_written(piece: Piece, tmp_path: Path) -> None:
    write_pairs(tmp_path, [piece], CELL)
    (tmp_path / "images" / "another.png").write_bytes(b"")
    assert written_pairs(tmp_path) == {
        tmp_path / name for name in ("manifest.json", "images/a-1f.png", "masks/a-1f.png")
    }


def test_a_damaged_manifest_names_nothing_and_a_newer_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b"{}")
    assert written_pairs(tmp_path) == set()
    with pytest.raises(UserError, match="damaged"):
        load_manifest(tmp_path)
    (tmp_path / "manifest.json").write_bytes(b'{"schema": 2}')
    with pytest.raises(NewerFileError):
        written_pairs(tmp_path)
