"""Several pictures in one file: which there are, what they are called, and that levels and thumbnails are none."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.slides import open_slide


@pytest.fixture
def pictures() -> list[np.ndarray]:
    return [np.random.default_rng(i).integers(0, 255, (70 + 10 * i, 90, 3), np.uint8) for i in range(3)]


def shown(path: Path, page: int) -> np.ndarray:
    with open_slide(path, page) as slide:
        assert slide.page == page
        return slide.read_region((0, 0), 0, slide.dimensions)


@pytest.mark.parametrize("tile", [None, (32, 32)])
def test_pages_of_different_sizes(tmp_path, pictures, tile):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        for picture in pictures:
            tiff.write(picture, photometric="rgb", metadata=None, tile=tile)
    with open_slide(tmp_path / "a.tif") as slide:
        assert slide.page == 0
        assert slide.page_names == ("1", "2", "3")
    for number, picture in enumerate(pictures):
        np.testing.assert_array_equal(shown(tmp_path / "a.tif", number), picture)


def test_pages_of_one_size_as_pillow_writes_them(tmp_path):
    frames = [Image.fromarray(np.full((20, 30), value, np.uint8)) for value in (10, 20, 30, 40)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:], compression="tiff_lzw")
    with open_slide(tmp_path / "a.tif") as slide:
        assert slide.page_names == ("1", "2", "3", "4")
    assert [int(shown(tmp_path / "a.tif", page)[0, 0, 0]) for page in range(4)] == [10, 20, 30, 40]


def test_page_names_are_used(tmp_path, pictures):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        for name, picture in zip(("smear", "", "feather edge"), pictures, strict=True):
            tag = [(285, "s", 0, name, True)] if name else ()
            tiff.write(picture, photometric="rgb", metadata=None, extratags=tag)
    with open_slide(tmp_path / "a.tif") as slide:
        assert slide.page_names == ("smear", "2", "feather edge")


@pytest.mark.parametrize("is_imagej", [False, True])
def test_each_plane_of_a_stack_is_a_page(tmp_path, is_imagej):
    stack = np.arange(2 * 3 * 16 * 20, dtype=np.uint16).reshape(2, 3, 16, 20) % 977
    path = tmp_path / ("a.tif" if is_imagej else "a.ome.tif")
    options = {"imagej": True} if is_imagej else {"ome": True}
    tifffile.imwrite(path, stack, metadata={"axes": "TZYX"}, photometric="minisblack", **options)
    with open_slide(path) as slide:
        assert slide.page_names == ("t 1 z 1", "t 1 z 2", "t 1 z 3", "t 2 z 1", "t 2 z 2", "t 2 z 3")
    low, high = np.percentile(stack[1, 1], (0.1, 99.9))
    expected = np.clip(np.rint((stack[1, 1] - low) * 255 / (high - low)), 0, 255)
    np.testing.assert_array_equal(shown(path, 4)[..., 0], expected)


def test_channels_are_colours_and_not_pages(tmp_path):
    channels = np.random.default_rng(0).integers(0, 255, (3, 2, 16, 20), np.uint8)
    tifffile.imwrite(tmp_path / "a.ome.tif", channels, metadata={"axes": "CZYX"}, photometric="minisblack")
    with open_slide(tmp_path / "a.ome.tif") as slide:
        assert slide.page_names == ("z 1", "z 2")
    np.testing.assert_array_equal(shown(tmp_path / "a.ome.tif", 1), np.moveaxis(channels[:, 1], 0, -1))


def test_pictures_of_an_ome_tiff_keep_their_names_and_scales(tmp_path, pictures):
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as tiff:
        for name, picture, mpp in zip(("blood", "label", "marrow"), pictures, (0.1, 0.2, 0.4), strict=True):
            metadata = {"axes": "YXS", "Name": name, "PhysicalSizeX": mpp, "PhysicalSizeY": mpp}
            tiff.write(picture, photometric="rgb", metadata=metadata)
    with open_slide(tmp_path / "a.ome.tif", 1) as slide:
        assert slide.page_names == ("blood", "marrow")  # a label may show the patient's name
        assert slide.mpp == pytest.approx(0.4)
    np.testing.assert_array_equal(shown(tmp_path / "a.ome.tif", 1), pictures[2])


def test_levels_thumbnails_and_masks_are_no_pages(tmp_path):
    picture = np.random.default_rng(0).integers(0, 255, (256, 512, 3), np.uint8)
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        options = {"photometric": "rgb", "metadata": None, "tile": (64, 64)}
        tiff.write(picture, **options)
        tiff.write(picture[::2, ::2], **options)
        tiff.write(picture[::4, ::4], **options)
        tiff.write(picture[::5, ::5], subfiletype=1, photometric="rgb", metadata=None)
        tiff.write(picture[..., 0] > 99, subfiletype=4, photometric="minisblack", metadata=None)
    with open_slide(tmp_path / "a.tif") as slide:
        assert slide.page_names == ("1",)
        assert slide.level_dimensions == ((512, 256), (256, 128), (128, 64))


@pytest.mark.parametrize(
    "tags",
    [
        {"extratags": [(285, "s", 0, "Label", True)]},
        {"description": "label 80x90"},
        {"description": "Aperio Image Library v12.0\r\nlabel 387x463"},
        {"extratags": [(285, "s", 0, "MacroImage", True)]},
    ],
)
@pytest.mark.parametrize("size", [(80, 90), (70, 90)])
def test_a_label_stored_as_a_page_is_none(tmp_path, pictures, tags, size):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        tiff.write(pictures[0], photometric="rgb", metadata=None)
        tiff.write(np.zeros((*size, 3), np.uint8), photometric="rgb", metadata=None, **tags)
        tiff.write(pictures[2], photometric="rgb", metadata=None)
    with open_slide(tmp_path / "a.tif") as slide:
        assert len(slide.page_names) == 2
    np.testing.assert_array_equal(shown(tmp_path / "a.tif", 1), pictures[2])


def test_a_label_among_pages_of_one_size_is_none(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        for value, name in enumerate(["smear", "edge", "Label", "macrophages", "labelled"]):
            pixels = np.full((20, 30), value, np.uint8)
            tiff.write(pixels, photometric="minisblack", metadata=None, extratags=[(285, "s", 0, name, True)])
    with open_slide(tmp_path / "a.tif") as slide:
        assert len(slide.page_names) == 4
    assert [int(shown(tmp_path / "a.tif", page)[0, 0, 0]) for page in range(4)] == [0, 1, 3, 4]


def write_parts(folder: Path, files: list[str]) -> None:
    """An OME-TIFF of one plane a file."""
    places = "".join(
        f'<TiffData IFD="0" FirstZ="{z}" PlaneCount="1"><UUID FileName="{name}">urn:uuid:{z}</UUID></TiffData>'
        for z, name in enumerate(files)
    )
    for z, name in enumerate(files):
        ome = (
            '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
            f'UUID="urn:uuid:{z}"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" '
            f'SizeX="64" SizeY="48" SizeZ="{len(files)}" SizeC="1" SizeT="1">'
            f'<Channel ID="Channel:0:0" SamplesPerPixel="1"/>{places}</Pixels></Image></OME>'
        )
        tifffile.imwrite(folder / name, np.full((48, 64), 10 * z, np.uint8), description=ome, metadata=None)


def test_a_picture_of_several_files(tmp_path):
    write_parts(tmp_path, ["a.ome.tif", "b.ome.tif", "c.ome.tif"])
    with open_slide(tmp_path / "a.ome.tif") as slide:
        assert slide.page_names == ("z 1", "z 2", "z 3")
    assert [int(shown(tmp_path / "a.ome.tif", page)[0, 0, 0]) for page in range(3)] == [0, 10, 20]


def test_pages_in_files_that_are_missing(tmp_path):
    write_parts(tmp_path, ["a.ome.tif", "b.ome.tif", "c.ome.tif", "d.ome.tif"])
    (tmp_path / "b.ome.tif").unlink()
    (tmp_path / "d.ome.tif").unlink()
    with open_slide(tmp_path / "a.ome.tif") as slide:
        assert slide.page_names == ("z 1", "z 2", "z 3"), "the mask of a page is known by its number"
    assert int(shown(tmp_path / "a.ome.tif", 2)[0, 0, 0]) == 20
    with pytest.raises(UserError, match=r"Page 2 of .*a\.ome\.tif.* is missing"):
        open_slide(tmp_path / "a.ome.tif", 1)


def test_names_of_files_are_not_logged(tmp_path):
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append
    write_parts(tmp_path, ["Jane Doe 1.ome.tif", "Jane Doe 2.ome.tif"])
    (tmp_path / "Jane Doe 2.ome.tif").unlink()
    logging.getLogger().addHandler(handler)
    try:
        with open_slide(tmp_path / "Jane Doe 1.ome.tif") as slide:
            assert slide.page_names == ("1",)
    finally:
        logging.getLogger().removeHandler(handler)
    assert [record.getMessage() for record in records] == []


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("page", [-1, 1])
def test_a_page_that_is_not_there(tmp_path, pictures, name, page):
    Image.fromarray(pictures[0]).save(tmp_path / name)
    with pytest.raises(UserError, match=f"{name}.* no page {page + 1}"):
        open_slide(tmp_path / name, page)
