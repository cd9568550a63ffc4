"""Regions and levels behave the same for every slide: level-0 locations, white outside, exact halves."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.slides import Slide, find_slides, read_scaled
from bcseg_gui.core.slides.picture import Picture, PictureSlide

WIDTH, HEIGHT = 1301, 907
PIXELS = cv2.resize(np.random.default_rng(3).integers(0, 255, (226, 325, 3), np.uint8), (WIDTH, HEIGHT))


@pytest.fixture(scope="module")
def slide() -> Slide:
    return PictureSlide(Path("a.png"), Picture(PIXELS, None, {}))


def expected_region(level: np.ndarray, x: int, y: int, w: int, h: int) -> np.ndarray:
    """The same by padding generously and slicing."""
    out = np.full((h, w, 3), 255, np.uint8)
    for row in range(h):
        if 0 <= y + row < level.shape[0]:
            left, right = max(0, x), min(level.shape[1], x + w)
            if right > left:
                out[row, left - x : right - x] = level[y + row, left:right]
    return out


def halved(pixels: np.ndarray) -> np.ndarray:
    padded = np.pad(pixels, ((0, pixels.shape[0] % 2), (0, pixels.shape[1] % 2), (0, 0)), mode="edge").astype(float)
    return (padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]) / 4


def test_levels_halve_until_one_tile(slide):
    assert slide.level_dimensions == ((1301, 907), (651, 454), (326, 227))
    assert slide.level_downsamples == (1.0, 2.0, 4.0)
    assert slide.dimensions == (WIDTH, HEIGHT)
    level1 = slide.read_region((0, 0), 1, slide.level_dimensions[1])
    assert np.abs(level1 - halved(PIXELS)).max() <= 0.51
    level2 = slide.read_region((0, 0), 2, slide.level_dimensions[2])
    assert np.abs(level2 - halved(level1)).max() <= 0.51


def test_small_picture_has_one_level():
    assert PictureSlide(Path("a"), Picture(np.zeros((3, 1, 3), np.uint8), None, {})).level_count == 1


@given(
    x=st.integers(-2000, 2000),
    y=st.integers(-2000, 2000),
    w=st.integers(0, 400),
    h=st.integers(0, 400),
    level=st.integers(0, 2),
)
def test_any_region_equals_slicing(slide, x, y, w, h, level):
    x, y = x << level, y << level
    whole = slide.read_region((0, 0), level, slide.level_dimensions[level])
    got = slide.read_region((x, y), level, (w, h))
    np.testing.assert_array_equal(got, expected_region(whole, x >> level, y >> level, w, h))


@given(x=st.integers(-(10**12), 10**12), y=st.integers(-(10**12), 10**12))
def test_far_away_is_white(slide, x, y):
    got = slide.read_region((x, y), 1, (3, 2))
    assert got.shape == (2, 3, 3)
    if not (-8 < x < WIDTH and -8 < y < HEIGHT):
        assert (got == 255).all()


def test_regions_are_copies(slide):
    slide.read_region((0, 0), 0, (5, 5))[:] = 0
    np.testing.assert_array_equal(slide.read_region((0, 0), 0, (5, 5)), PIXELS[:5, :5])


def test_wrong_levels_and_sizes_are_programming_errors(slide):
    with pytest.raises(IndexError):
        slide.read_region((0, 0), 3, (1, 1))
    with pytest.raises(ValueError, match="negative"):
        slide.read_region((0, 0), 0, (-1, 1))


@pytest.mark.parametrize(("downsample", "level"), [(0.5, 0), (1, 0), (1.9, 0), (2, 1), (1.99, 1), (3.9, 1), (100, 2)])
def test_best_level(slide, downsample, level):
    assert slide.get_best_level_for_downsample(downsample) == level


def test_read_scaled_shrinks_by_area(slide):
    region = Region(100, 60, 500, 400)
    got = read_scaled(slide, region, (200, 160))
    expected = cv2.resize(PIXELS[60:460, 100:600], (200, 160), interpolation=cv2.INTER_AREA)
    assert np.abs(got.astype(int) - expected).mean() < 5  # noise, by way of level 1
    same = read_scaled(slide, region, (500, 400))
    np.testing.assert_array_equal(same, PIXELS[60:460, 100:600])


def test_read_scaled_enlarges_and_pads(slide):
    got = read_scaled(slide, Region(-10, -10, 20, 20), (80, 80))
    assert got.shape == (80, 80, 3)
    assert (got[:30] == 255).all()
    assert (got[50:, 50:] != 255).any()


@given(
    x=st.integers(-500, 1500),
    y=st.integers(-500, 1500),
    w=st.integers(1, 3000),
    h=st.integers(1, 3000),
    out_w=st.integers(1, 300),
    out_h=st.integers(1, 300),
)
def test_read_scaled_always_gives_the_size(slide, x, y, w, h, out_w, out_h):
    assert read_scaled(slide, Region(x, y, w, h), (out_w, out_h)).shape == (out_h, out_w, 3)


def test_read_scaled_in_parts_equals_whole(slide, monkeypatch):
    region = Region(0, 0, 1280, 896)
    whole = read_scaled(slide, region, (320, 224))
    monkeypatch.setattr("bcseg_gui.core.slides.slide._MAX_READ", 9000)
    np.testing.assert_array_equal(read_scaled(slide, region, (320, 224)), whole)


def test_empty_scaled_region_is_refused(slide):
    with pytest.raises(ValueError, match="nothing to read"):
        read_scaled(slide, Region(0, 0, 0, 5), (5, 5))


def test_a_closed_slide_says_so():
    with PictureSlide(Path("a.png"), Picture(PIXELS, None, {})) as slide:
        pass
    with pytest.raises(UserError, match="was closed"):
        slide.read_region((0, 0), 0, (1, 1))


def test_threads_see_the_same_levels():
    slide = PictureSlide(Path("a.png"), Picture(PIXELS, None, {}))
    seen: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: seen.append(slide.read_region((0, 0), 2, slide.level_dimensions[2])))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert all((pixels == seen[0]).all() for pixels in seen)


def test_folder_becomes_a_sorted_worklist(tmp_path):
    for name in ("b.PNG", "A.jpg", "c.tiff", "notes.txt", "._b.png", ".hidden.png"):
        Image.new("RGB", (4, 4)).save(tmp_path / name, format="PNG")
    (tmp_path / "folder.png").mkdir()
    found = find_slides([tmp_path, tmp_path / "c.tiff", tmp_path / "notes.txt"])
    assert [path.name for path in found] == ["A.jpg", "b.PNG", "c.tiff", "notes.txt"]


def test_dicom_files_of_one_series_are_one_slide(tmp_path):
    series_of = {"1.dcm": b"1.2.3", "2.dcm": b"1.2.3", "3.dcm": b"1.2.4", "4.dcm": None, "5.dcm": None}
    for name, series in series_of.items():
        element = b"\x20\x00\x0e\x00UI" + len(series).to_bytes(2, "little") + series if series else b""
        (tmp_path / name).write_bytes(b"\0" * 128 + b"DICM" + element)
    assert [path.name for path in find_slides([tmp_path])] == ["1.dcm", "3.dcm", "4.dcm", "5.dcm"]


def test_mirax_tile_folder_is_its_slide(tmp_path):
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "Slidedat.ini").touch()
    (tmp_path / "case.mrxs").touch()
    assert find_slides([tmp_path / "case"]) == [tmp_path / "case.mrxs"]
