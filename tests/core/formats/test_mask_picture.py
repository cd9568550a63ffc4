from __future__ import annotations

import numpy as np
import openslide
import pytest
import tifffile
from PIL import Image

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.formats.mask_picture import suffix_for, write_mask, write_mask_picture
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MANUAL


def classes_of(width: int, height: int, highest: int = 1) -> np.ndarray:
    random = np.random.default_rng(0)
    small = random.integers(0, highest + 1, (-(-height // 16), -(-width // 16))).astype(np.uint8)
    return np.kron(small, np.ones((16, 16), np.uint8))[:height, :width]


@pytest.mark.parametrize("size", [(1, 1), (700, 1300), (513, 512)])
def test_a_png_of_one_class_is_black_and_white(tmp_path, size):
    classes = classes_of(*size)
    write_mask_picture(tmp_path / "mask.png", classes)
    with Image.open(tmp_path / "mask.png") as picture:
        assert picture.mode == "L"
        assert np.array_equal(np.asarray(picture), classes * 255)


def test_a_png_of_several_classes_has_their_ids_and_colours(tmp_path):
    classes = classes_of(600, 40, 3)
    write_mask_picture(tmp_path / "mask.png", classes, 3)
    with Image.open(tmp_path / "mask.png") as picture:
        assert picture.mode == "P"
        assert np.array_equal(np.asarray(picture), classes)
        assert picture.getpalette()[3:6] == [0, 114, 178]


@pytest.mark.parametrize(("suffix", "count"), [(".png", 1), (".png", 2), (".tif", 1), (".tif", 2)])
def test_what_a_person_set_is_written_as_its_class_alone(tmp_path, suffix, count):
    classes = np.array([[1, 1 | MANUAL, MANUAL, 0]], np.uint8)
    path = tmp_path / f"mask{suffix}"
    write_mask_picture(path, classes, count)
    written = tifffile.imread(path) if suffix == ".tif" else np.asarray(Image.open(path))
    assert (written > 0).tolist() == [[True, True, False, False]]


@pytest.mark.parametrize("size", [(5000, 2049), (3, 4100), (4097, 5121), (1, 1)])
def test_a_pyramid_has_every_level_and_opens_in_openslide(tmp_path, size):
    classes = classes_of(*size, 3)
    asked = []

    def read(region: Region) -> np.ndarray:
        asked.append(region)
        return classes[region.slices_in(Region(0, 0, *size))]

    path = tmp_path / "mask.tif"
    write_mask(path, size, read, 3, mpp=0.25)
    assert max(region.h for region in asked) <= 512
    with tifffile.TiffFile(path) as tiff:
        count = len(tiff.pages)
        assert tiff.is_bigtiff
        assert max(tiff.pages[-1].shape) <= 1024
        for level, page in enumerate(tiff.pages):
            step = 1 << level
            height, width = max(1, size[1] >> level), max(1, size[0] >> level)
            assert page.is_tiled
            assert page.is_reduced == bool(level)
            assert np.array_equal(page.asarray(), classes[::step, ::step][:height, :width])
    with openslide.OpenSlide(path) as slide:
        assert slide.level_count == count
        assert float(slide.properties["openslide.mpp-x"]) == pytest.approx(0.25)
        last = slide.level_count - 1
        seen = np.asarray(slide.read_region((0, 0), last, slide.level_dimensions[last]))[..., 0]
        assert np.array_equal(seen, classes[:: 1 << last, :: 1 << last][: seen.shape[0], : seen.shape[1]])


def test_an_empty_slide_of_any_size_is_a_small_file(tmp_path):
    size = (40_000, 20_000)
    write_mask(tmp_path / "mask.tif", size, lambda region: np.zeros((region.h, region.w), np.uint8))
    assert (tmp_path / "mask.tif").stat().st_size < 3_000_000
    with openslide.OpenSlide(tmp_path / "mask.tif") as slide:
        assert slide.dimensions == size
        assert np.asarray(slide.read_region((0, 0), 0, (10, 10)))[0, 0].tolist() == [0, 0, 0, 255]


def test_nothing_appears_when_reading_fails(tmp_path):
    def fail(_region: Region) -> np.ndarray:
        raise UserError("The mask is damaged.")

    for name in ("mask.png", "mask.tif"):
        with pytest.raises(UserError, match="damaged"):
            write_mask(tmp_path / name, (2000, 2000), fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("size", "suffix"), [((32_767, 10), ".png"), ((32_768, 10), ".tif"), ((25_000, 25_000), ".tif")]
)
def test_what_is_too_large_for_a_png_becomes_a_tiff(size, suffix):
    assert suffix_for(size) == suffix
