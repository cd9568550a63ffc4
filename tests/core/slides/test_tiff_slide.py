"""TIFFs read piece by piece show exactly what tifffile and OpenSlide show of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import openslide
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bcseg_gui.core.slides import Slide, open_slide
from bcseg_gui.core.slides.pixels import to_rgb, to_uint8
from bcseg_gui.core.slides.tiff_layout import read_layout
from bcseg_gui.core.slides.tiff_slide import TiffSlide

LOSSLESS = [None, "zlib", "lzw", "packbits", "jpeg2000"]


def noise(height: int, width: int, dtype: str = "uint8", samples: int = 3) -> np.ndarray:
    """Smooth enough to look like a picture, different everywhere; deep ones span a 12-bit camera's range."""
    y, x = np.mgrid[:height, :width]
    planes = [(x * (3 + i) + y * (5 - i)) % 251 for i in range(samples)]
    values = np.stack(planes, axis=-1) if samples > 1 else planes[0]
    return (values * (1 if dtype == "uint8" else 16)).astype(dtype)


def write_pyramid(path: Path, levels: list[np.ndarray], as_sub_ifds: bool, **options) -> None:
    options = {"photometric": "rgb" if levels[0].ndim == 3 else "minisblack", "metadata": None, **options}
    big = options.pop("bigtiff", False)
    with tifffile.TiffWriter(path, bigtiff=big) as tiff:
        tiff.write(levels[0], subifds=len(levels) - 1 if as_sub_ifds else None, **options)
        for level in levels[1:]:
            tiff.write(level, subfiletype=1, **options)


def tiff_slide(path: Path) -> Slide:
    """Read by pieces even where another reader would be chosen."""
    return TiffSlide(path, read_layout(path, 0))


@st.composite
def pyramids(draw: st.DrawFn) -> dict:
    height, width = draw(st.integers(1, 150)), draw(st.integers(1, 150))
    tile = draw(st.sampled_from([None, (16, 16), (32, 48), (64, 16)]))
    return {
        "height": height,
        "width": width,
        "dtype": draw(st.sampled_from(["uint8", "uint16"])),
        "samples": draw(st.sampled_from([1, 3])),
        "count": draw(st.integers(1, 3)),
        "as_sub_ifds": draw(st.booleans()),
        "options": {
            "compression": draw(st.sampled_from(LOSSLESS)),
            "bigtiff": draw(st.booleans()),
            "byteorder": draw(st.sampled_from("<>")),
            **({"tile": tile} if tile else {"rowsperstrip": draw(st.integers(1, 40))}),
        },
    }


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(pyramids(), st.data())
def test_any_region_of_any_pyramid_is_tifffiles(form, data):
    levels = [noise(form["height"], form["width"], form["dtype"], form["samples"])]
    for _level in range(form["count"] - 1):
        levels.append(np.ascontiguousarray(levels[-1][::2, ::2]))
    options = dict(form["options"])
    byteorder = options.pop("byteorder")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.tif"
        big = options.pop("bigtiff")
        photometric = "rgb" if form["samples"] == 3 else "minisblack"
        with tifffile.TiffWriter(path, bigtiff=big, byteorder=byteorder) as tiff:
            subifds = len(levels) - 1 if form["as_sub_ifds"] else None
            tiff.write(levels[0], subifds=subifds, photometric=photometric, metadata=None, **options)
            for level in levels[1:]:
                tiff.write(level, subfiletype=1, photometric=photometric, metadata=None, **options)
        with tiff_slide(path) as slide:
            number = data.draw(st.integers(0, slide.level_count - 1), label="level")
            whole = slide.read_region((0, 0), number, slide.level_dimensions[number])
            if form["dtype"] == "uint8":
                # Which pixels: those of the level with this size.
                (same,) = {v.tobytes(): v for v in levels if v.shape[1::-1] == slide.level_dimensions[number]}.values()
                np.testing.assert_array_equal(whole, to_rgb(same))
            x = data.draw(st.integers(-20, form["width"] + 20), label="x")
            y = data.draw(st.integers(-20, form["height"] + 20), label="y")
            w, h = data.draw(st.integers(0, 80), label="w"), data.draw(st.integers(0, 80), label="h")
            scale = slide.level_downsamples[number]
            got = slide.read_region((x, y), number, (w, h))
            left, top = round(x / scale), round(y / scale)
            padded = np.pad(whole, ((200, 200), (200, 200), (0, 0)), constant_values=255)
            np.testing.assert_array_equal(got, padded[top + 200 :, left + 200 :][:h, :w])


@pytest.mark.parametrize("compression", ["jpeg", "zlib", "lzw"])
@pytest.mark.parametrize("level", [0, 1, 2])
def test_levels_and_edges_are_openslides(tmp_path, compression, level):
    levels = [noise(700, 900), noise(350, 450), noise(175, 225)]
    write_pyramid(tmp_path / "a.tif", levels, as_sub_ifds=False, tile=(64, 64), compression=compression)
    with openslide.OpenSlide(tmp_path / "a.tif") as reference, tiff_slide(tmp_path / "a.tif") as slide:
        assert slide.level_dimensions == reference.level_dimensions
        assert slide.level_downsamples == reference.level_downsamples
        for corner in [(0, 0), (128, 64), (896, 692)]:
            theirs = np.asarray(reference.read_region(corner, level, (100, 90))).astype(int)
            inside = theirs[..., 3] == 255
            ours = slide.read_region(corner, level, (100, 90))
            # Two JPEG decoders may differ by rounding.
            assert np.abs(ours[inside] - theirs[inside][:, :3]).max(initial=0) <= (4 if compression == "jpeg" else 0)
            if corner == (0, 0):
                assert inside.all()


def test_sub_resolutions_of_a_deep_ome_tiff(tmp_path):
    levels = [noise(600, 801, "uint16", 1), noise(300, 401, "uint16", 1)]
    axes = {"axes": "YX", "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.25}
    write_pyramid(tmp_path / "a.ome.tif", levels, True, tile=(128, 128), compression="zlib", metadata=axes)
    with open_slide(tmp_path / "a.ome.tif") as slide:
        assert slide.level_dimensions == ((801, 600), (401, 300))
        assert slide.mpp == pytest.approx(0.25)
        assert slide.details["Format"] == "OME-TIFF"
        assert slide.details["Bits per sample"] == "16"
        # One window for all tiles and levels: the same value has the same brightness everywhere.
        expected = to_rgb(to_uint8(levels[1]))
        got = slide.read_region((0, 0), 1, (401, 300))
        np.testing.assert_array_equal(got, expected)
        finest = slide.read_region((0, 0), 0, (801, 600))
        brightness = {
            int(value): int(shown) for value, shown in zip(levels[1].ravel(), got[..., 0].ravel(), strict=True)
        }
        known = np.isin(levels[0], list(brightness))
        wanted = np.vectorize(lambda value: brightness.get(int(value), 0))(levels[0])
        np.testing.assert_array_equal(finest[..., 0][known], wanted[known])


def test_sub_resolutions_of_colour_are_not_lost_to_openslide(tmp_path):
    levels = [noise(600, 800), noise(300, 400), noise(150, 200)]
    write_pyramid(tmp_path / "a.ome.tif", levels, True, tile=(128, 128), metadata={"axes": "YXS"})
    with open_slide(tmp_path / "a.ome.tif") as slide:
        assert slide.level_count == 3
        for number, level in enumerate(levels):
            np.testing.assert_array_equal(slide.read_region((0, 0), number, level.shape[1::-1]), level)


def test_an_ordinary_tiled_pyramid_is_openslides(tmp_path):
    write_pyramid(tmp_path / "a.tif", [noise(600, 800), noise(300, 400)], False, tile=(128, 128), compression="jpeg")
    with open_slide(tmp_path / "a.tif") as slide:
        assert not isinstance(slide, TiffSlide)
        assert slide.level_count == 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("tile", [None, (32, 48)])
def test_a_turned_pyramid_stands_upright(tmp_path, orientation, tile):
    levels = [noise(120, 200), noise(60, 100)]
    options = {"tile": tile} if tile else {"rowsperstrip": 7}
    tag = [(274, "H", 1, orientation, True)]
    write_pyramid(tmp_path / "a.tif", levels, False, extratags=tag, **options)
    pixels = levels[0]
    turns = {
        1: pixels, 2: pixels[:, ::-1], 3: pixels[::-1, ::-1], 4: pixels[::-1], 5: pixels.swapaxes(0, 1),
        6: np.rot90(pixels, -1), 7: pixels[::-1, ::-1].swapaxes(0, 1), 8: np.rot90(pixels),
    }  # fmt: skip
    upright = turns[orientation]
    with tiff_slide(tmp_path / "a.tif") as slide:
        assert slide.dimensions == upright.shape[1::-1]
        np.testing.assert_array_equal(slide.read_region((0, 0), 0, slide.dimensions), upright)
        np.testing.assert_array_equal(slide.read_region((10, 20), 0, (50, 60)), upright[20:80, 10:60])


def test_colours_come_out_right(tmp_path):
    grey = noise(64, 64, samples=1)
    tifffile.imwrite(tmp_path / "white.tif", grey, tile=(32, 32), photometric="miniswhite")
    table = np.random.default_rng(1).integers(0, 1 << 16, (3, 256), np.uint16)
    tifffile.imwrite(tmp_path / "palette.tif", grey, tile=(32, 32), photometric="palette", colormap=table)
    rgba = np.dstack([noise(64, 64), grey])
    tifffile.imwrite(tmp_path / "rgba.tif", rgba, tile=(32, 32), photometric="rgb", extrasamples=["unassalpha"])
    planar = np.moveaxis(noise(64, 64), -1, 0)
    tifffile.imwrite(tmp_path / "planar.tif", planar, tile=(32, 32), photometric="rgb", planarconfig="separate")
    alpha = rgba[..., 3:].astype(int)
    expected = {
        "white": to_rgb(255 - grey),
        "palette": (table >> 8).astype(np.uint8).T[grey],
        "rgba": ((rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8),
        "planar": noise(64, 64),
    }
    for name, pixels in expected.items():
        with tiff_slide(tmp_path / f"{name}.tif") as slide:
            np.testing.assert_array_equal(slide.read_region((0, 0), 0, (64, 64)), pixels)
            np.testing.assert_array_equal(slide.read_region((20, 10), 0, (30, 40)), pixels[10:50, 20:50])


def test_tiles_never_written_are_white(tmp_path):
    pieces = iter([np.zeros((64, 64, 3), np.uint8), None])
    options = {"shape": (64, 128, 3), "dtype": np.uint8, "tile": (64, 64), "photometric": "rgb", "compression": "zlib"}
    tifffile.imwrite(tmp_path / "a.tif", pieces, **options)
    with tiff_slide(tmp_path / "a.tif") as slide:
        got = slide.read_region((0, 0), 0, (128, 64))
    assert (got[:, :64] == 0).all()
    assert (got[:, 64:] == 255).all()


@pytest.mark.parametrize("depth", ["uint8", "uint16"])
def test_a_large_tiff_without_levels_gets_overviews(tmp_path, monkeypatch, depth):
    monkeypatch.setattr("bcseg_gui.core.slides.tiff_slide.MAX_COARSEST_PIXELS", 1000)
    monkeypatch.setattr("bcseg_gui.core.slides.opening.MAX_COARSEST_PIXELS", 1000)
    monkeypatch.setattr("bcseg_gui.core.slides.opening.MAX_PIXELS_IN_MEMORY", 1000)
    pixels = noise(1500, 2100, depth)
    tifffile.imwrite(tmp_path / "a.tif", pixels, tile=(240, 256), photometric="rgb")
    with open_slide(tmp_path / "a.tif") as slide:
        assert slide.level_dimensions == ((2100, 1500), (525, 375), (263, 188))
        assert slide.level_downsamples == (1, 4, 8)
        finest = slide.read_region((0, 0), 0, slide.dimensions)
        mean = finest[:1500].reshape(375, 4, 525, 4, 3).astype(float).mean((1, 3))
        overview = slide.read_region((0, 0), 1, (525, 375))
        assert np.abs(overview - mean).max() <= 1.1  # rounded twice
        np.testing.assert_array_equal(slide.read_region((400, 200), 1, (50, 60)), overview[50:110, 100:150])


def test_a_hundred_thousand_pixels_a_side_open_without_reading_them(tmp_path):
    tile = noise(512, 512)
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path, bigtiff=True) as tiff:
        options = {"dtype": np.uint8, "tile": (512, 512), "photometric": "rgb", "compression": "zlib"}
        tiff.write((tile if i == 0 else None for i in range(196 * 196)), shape=(100_000, 100_000, 3), **options)
    with tiff_slide(path) as slide:
        assert slide.dimensions == (100_000, 100_000)
        np.testing.assert_array_equal(slide.read_region((0, 0), 0, (512, 512)), tile)
        assert (slide.read_region((99_900, 99_900), 0, (100, 100)) == 255).all()


def test_which_levels_are_read_cheaply(tmp_path):
    """Those in the file; the overviews made of them once they are there."""
    tifffile.imwrite(tmp_path / "a.tif", noise(4200, 4300), tile=(256, 256), photometric="rgb", compression="zlib")
    with tiff_slide(tmp_path / "a.tif") as slide:
        assert [slide.reads_cheaply(level) for level in range(slide.level_count)] == [True, False, False, False]
        slide.read_region((0, 0), 1, (10, 10))
        assert all(slide.reads_cheaply(level) for level in range(slide.level_count))
