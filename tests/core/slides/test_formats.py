"""Every format and pixel layout comes out as the RGB a person expects."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from bcseg_gui.core.slides import open_slide


@pytest.fixture
def rgb() -> np.ndarray:
    """A smooth but everywhere different 61 × 47 picture."""
    y, x = np.mgrid[:47, :61]
    return np.stack([x * 4, y * 5, (x + y) * 2], axis=-1).astype(np.uint8)


def pixels(path: Path) -> np.ndarray:
    with open_slide(path) as slide:
        return slide.read_region((0, 0), 0, slide.dimensions)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", {}),
        ("a.bmp", {}),
        ("a.tif", {}),
        ("a.tif", {"compression": "tiff_lzw"}),
        ("a.tif", {"compression": "tiff_adobe_deflate"}),
        ("a.tif", {"compression": "packbits"}),
        ("a.webp", {"lossless": True}),
        ("Größe ± ünï 血.png", {}),
        ("no-suffix", {"format": "PNG"}),
        ("wrong-suffix.jpg", {"format": "TIFF"}),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "RGBA", "LA"])
def test_lossless_formats_keep_every_pixel(tmp_path, rgb, name, options, mode):
    if (name.endswith(".bmp") and mode == "LA") or (options.get("compression") == "packbits" and mode == "RGBA"):
        pytest.skip("not a layout of this format")
    source = Image.fromarray(rgb).convert(mode)
    source.save(tmp_path / name, **options)
    expected = np.asarray(source.convert("RGB"))
    np.testing.assert_array_equal(pixels(tmp_path / name), expected)


def test_jpeg_and_cmyk_match_the_decoder(tmp_path, rgb):
    Image.fromarray(rgb).save(tmp_path / "a.jpg", quality=90)
    np.testing.assert_array_equal(pixels(tmp_path / "a.jpg"), np.asarray(Image.open(tmp_path / "a.jpg")))
    cmyk = Image.fromarray(rgb).convert("CMYK")
    cmyk.save(tmp_path / "cmyk.tif")
    np.testing.assert_array_equal(pixels(tmp_path / "cmyk.tif"), rgb)
    cmyk.save(tmp_path / "cmyk.jpg", quality=95, subsampling=0)
    assert np.abs(pixels(tmp_path / "cmyk.jpg").astype(int) - rgb).mean() < 3


def test_transparency_is_laid_over_white(tmp_path, rgb):
    alpha = np.linspace(0, 255, rgb.shape[1]).astype(np.uint8)[None].repeat(rgb.shape[0], 0)
    Image.fromarray(np.dstack([rgb, alpha])).save(tmp_path / "a.png")
    share = alpha[..., None] / 255
    assert np.abs(pixels(tmp_path / "a.png") - (rgb * share + 255 * (1 - share))).max() <= 0.51
    palette = Image.fromarray(rgb).convert("P")
    palette.save(tmp_path / "p.png", transparency=palette.getpixel((0, 0)))
    assert (pixels(tmp_path / "p.png")[0, 0] == 255).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_orientation_tag_is_respected(tmp_path, rgb, orientation, name):
    turns = {
        1: rgb, 2: rgb[:, ::-1], 3: rgb[::-1, ::-1], 4: rgb[::-1], 5: rgb.swapaxes(0, 1), 6: np.rot90(rgb, -1),
        7: rgb[::-1, ::-1].swapaxes(0, 1), 8: np.rot90(rgb),
    }  # fmt: skip
    exif = Image.Exif()
    exif[274] = orientation
    options = {"a.webp": {"lossless": True}, "a.jpg": {"quality": 98, "subsampling": 0}}.get(name, {})
    Image.fromarray(rgb).save(tmp_path / name, exif=exif, **options)
    got = pixels(tmp_path / name)
    assert got.shape == turns[orientation].shape
    assert np.abs(got.astype(int) - turns[orientation]).max() <= (8 if name == "a.jpg" else 0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_orientation_of_a_deep_tiff(tmp_path, rgb, orientation, compression):
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(rgb).save(tmp_path / "eight.tif", exif=exif)
    tag = [(274, "H", 1, orientation, True)]
    deep = rgb.astype(np.uint16) * 257
    tifffile.imwrite(tmp_path / "deep.tif", deep, photometric="rgb", compression=compression, extratags=tag)
    difference = pixels(tmp_path / "deep.tif").astype(int) - pixels(tmp_path / "eight.tif")
    assert np.abs(difference).max() <= 16  # what the window stretches


def windowed(values: np.ndarray) -> np.ndarray:
    low, high = np.percentile(values, (0.1, 99.9))
    return np.clip(np.rint((values - low) * 255.0 / (high - low)), 0, 255)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a-lzw.tif", "a-deflate.tif"])
@pytest.mark.parametrize("channels", ["grey", "rgb"])
def test_sixteen_bits_are_windowed_over_the_whole_picture(tmp_path, rgb, name, channels):
    deep = rgb.astype(np.uint16) * 16 + 300  # a 12-bit camera's range
    deep = deep[..., 0] if channels == "grey" else deep
    path = tmp_path / name
    if name == "a.tif":
        tifffile.imwrite(path, deep, photometric="rgb" if channels == "rgb" else "minisblack")
    elif name == "a-deflate.tif":
        options = {"compression": "zlib", "predictor": True, "tile": (16, 32)}
        tifffile.imwrite(path, deep, photometric="rgb" if channels == "rgb" else "minisblack", **options)
    else:
        assert cv2.imwrite(str(path), deep[..., ::-1] if channels == "rgb" else deep)
    expected = windowed(deep)
    expected = expected if channels == "rgb" else np.repeat(expected[..., None], 3, -1)
    np.testing.assert_array_equal(pixels(path), expected)


def test_deep_png_with_alpha(tmp_path, rgb):
    deep = rgb.astype(np.uint16) * 257
    alpha = np.full((*rgb.shape[:2], 1), 65535, np.uint16)
    alpha[0] = 0
    assert cv2.imwrite(str(tmp_path / "a.png"), np.dstack([deep[..., ::-1], alpha]))
    got = pixels(tmp_path / "a.png")
    assert (got[0] == 255).all()
    np.testing.assert_array_equal(got[1:], windowed(deep)[1:])


@pytest.mark.parametrize("dtype", [np.float32, np.uint32, np.int16])
def test_unusual_depths_open(tmp_path, rgb, dtype):
    tifffile.imwrite(tmp_path / "a.tif", rgb[..., 0].astype(dtype))
    np.testing.assert_array_equal(pixels(tmp_path / "a.tif")[..., 1], windowed(rgb[..., 0].astype(float)))


def test_flat_deep_picture_keeps_its_brightness(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.full((8, 9), 65535, np.uint16))
    assert (pixels(tmp_path / "a.tif") == 255).all()
    tifffile.imwrite(tmp_path / "b.tif", np.full((8, 9), np.nan, np.float32))
    assert (pixels(tmp_path / "b.tif") == 0).all()


def test_min_is_white_is_inverted(tmp_path, rgb):
    tifffile.imwrite(tmp_path / "8.tif", rgb[..., 0], photometric="miniswhite")
    np.testing.assert_array_equal(pixels(tmp_path / "8.tif")[..., 0], 255 - rgb[..., 0])
    tifffile.imwrite(tmp_path / "16.tif", rgb[..., 0].astype(np.uint16) * 257, photometric="miniswhite")
    assert pixels(tmp_path / "16.tif")[0, 0, 0] == 255


@pytest.mark.parametrize("axes", ["CYX", "ZCYX", "CZYX"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_channels_kept_as_pages_become_colours(tmp_path, rgb, axes, dtype):
    channels = np.moveaxis(rgb, -1, 0).astype(dtype)
    planes = np.stack([channels, channels // 2])  # Z first
    data = {"CYX": channels, "ZCYX": planes, "CZYX": planes.swapaxes(0, 1)}[axes]
    metadata = {"axes": axes, "PhysicalSizeX": 120, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 0.12}
    tifffile.imwrite(tmp_path / "a.ome.tif", data, photometric="minisblack", metadata=metadata)
    with open_slide(tmp_path / "a.ome.tif") as slide:
        got = slide.read_region((0, 0), 0, slide.dimensions)
        assert slide.mpp == pytest.approx(0.12)
    np.testing.assert_array_equal(got, rgb if dtype == np.uint8 else windowed(rgb))


def test_imagej_stack_shows_its_first_slice_and_its_scale(tmp_path, rgb):
    stack = np.stack([rgb[..., 0], rgb[..., 1]]).astype(np.uint16)
    options = {"resolution": (1 / 0.1, 1 / 0.1), "metadata": {"unit": "um", "axes": "ZYX"}}
    tifffile.imwrite(tmp_path / "a.tif", stack, imagej=True, **options)
    with open_slide(tmp_path / "a.tif") as slide:
        assert slide.mpp == pytest.approx(0.1)
        got = slide.read_region((0, 0), 0, slide.dimensions)
    np.testing.assert_array_equal(got[..., 0], windowed(rgb[..., 0]))


@pytest.mark.parametrize(
    ("per_unit", "unit", "mpp"),
    [
        (100_000, "CENTIMETER", 0.1),
        (254_000, "INCH", 0.1),
        (72, "INCH", None),  # a screen's, not a microscope's
        (300, "INCH", None),
        (100_000, "NONE", None),
    ],
)
def test_scale_comes_from_resolution_tags_when_credible(tmp_path, rgb, per_unit, unit, mpp):
    tifffile.imwrite(tmp_path / "a.tif", rgb, photometric="rgb", resolution=(per_unit, per_unit), resolutionunit=unit)
    with open_slide(tmp_path / "a.tif") as slide:
        assert slide.mpp == (pytest.approx(mpp) if mpp else None)


def test_unequal_scales_are_not_trusted(tmp_path, rgb):
    resolution = {"resolution": (100_000, 50_000), "resolutionunit": "CENTIMETER"}
    tifffile.imwrite(tmp_path / "a.tif", rgb, photometric="rgb", **resolution)
    with open_slide(tmp_path / "a.tif") as slide:
        assert slide.mpp is None


def test_png_scale(tmp_path, rgb):
    Image.fromarray(rgb).save(tmp_path / "a.png", dpi=(254_000, 254_000))
    with open_slide(tmp_path / "a.png") as slide:
        assert slide.mpp == pytest.approx(0.1, rel=1e-3)


def test_tiled_deep_tiff_keeps_its_depth_although_openslide_claims_it(tmp_path):
    deep = np.arange(512 * 512, dtype=np.uint16).reshape(512, 512) % 200 + 1000
    tifffile.imwrite(tmp_path / "a.tif", deep, tile=(256, 256))
    assert len(np.unique(pixels(tmp_path / "a.tif"))) > 100
