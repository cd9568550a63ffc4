"""Real whole-slide files open, or fail with a sentence, as their README says."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import openslide
import pytest
import tifffile

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.slides import find_slides, open_slide


@pytest.fixture
def slides(data_folder: Path) -> Path:
    folder = data_folder / "slides"
    if not folder.is_dir():
        pytest.skip(f"no real slides: {folder} does not exist")
    return folder


@pytest.mark.parametrize(
    ("name", "dimensions", "mpp"),
    [
        ("CMU-1-Small-Region.svs", (2220, 2967), 0.499),
        ("TCGA-CR-7395-01A-01-TS1.svs", (4443, 3567), None),
        ("openslide-python_small.svs", (16, 16), 0.499),
        ("openslide-python_boxes.tiff", (300, 250), None),
        ("boxes_dicom", (16, 16), 0.499),
        ("highdicom_sm_image.dcm", (50, 50), 0.499),
        ("derived_smear_mosaic_pyramid.tif", (2560, 1920), 0.1),
        ("qupath_cells.ome.tif", (93, 131), 0.25),
    ],
)
def test_opens(slides, name, dimensions, mpp):
    with open_slide(slides / name) as slide:
        assert slide.dimensions == dimensions
        assert slide.mpp == (pytest.approx(mpp, rel=1e-3) if mpp else None)
        for level in range(slide.level_count):
            pixels = slide.read_region((0, 0), level, (64, 64))
            assert pixels.shape == (64, 64, 3)
            assert pixels.dtype == np.uint8


@pytest.mark.parametrize(
    "name",
    ["pathml_small_dicom.dcm", "openslide-python_unreadable.svs", "openslide-python_unopenable.tiff", "broken.svs"],
)
def test_fails_with_a_sentence(slides, name):
    with pytest.raises(UserError, match=name):
        open_slide(slides / name)


def test_pixels_are_openslides_own_and_white_outside(slides):
    path = slides / "CMU-1-Small-Region.svs"
    with open_slide(path) as slide, openslide.OpenSlide(path) as reference:
        got = slide.read_region((700, 900), 0, (333, 222))
        np.testing.assert_array_equal(got, np.asarray(reference.read_region((700, 900), 0, (333, 222)))[..., :3])
        edge = slide.read_region((2200, 2950), 0, (40, 40))
        assert (edge[17:] == 255).all()
        assert (edge[:, 20:] == 255).all()
        assert slide.associated_images["label"].shape == (463, 387, 3)
        assert set(slide.associated_images) == {"label", "macro", "thumbnail"}


def test_ome_tiff_matches_tifffiles_metadata(slides):
    with tifffile.TiffFile(slides / "qupath_cells.ome.tif") as tiff:
        assert tiff.series[0].shape == (3, 131, 93)
    with open_slide(slides / "qupath_cells.ome.tif") as slide:
        assert len(np.unique(slide.read_region((0, 0), 0, slide.dimensions))) > 50


def test_a_dicom_folder_is_one_slide(slides):
    assert find_slides([slides / "boxes_dicom"]) == [slides / "boxes_dicom" / "boxes_0.dcm"]


def test_a_slide_that_vanishes_fails_clearly_and_recovers(slides, tmp_path):
    path = tmp_path / "a.svs"
    path.write_bytes((slides / "CMU-1-Small-Region.svs").read_bytes())
    with open_slide(path) as slide:
        path.rename(tmp_path / "away.svs")
        with pytest.raises(UserError, match="no longer there"):
            slide.read_region((1000, 2000), 0, (300, 300))
        (tmp_path / "away.svs").rename(path)
        assert slide.read_region((1000, 2000), 0, (300, 300)).shape == (300, 300, 3)
    with pytest.raises(UserError, match="was closed"):
        slide.read_region((0, 0), 0, (1, 1))


@pytest.mark.parametrize("name", ["TCGA-CR-7395-01A-01-TS1.svs", "CMU-1-Small-Region.svs"])
@pytest.mark.parametrize("zero_filled", [False, True])
def test_a_slide_cut_before_its_header_fails_clearly(slides, tmp_path, name, zero_filled):
    with pytest.raises(UserError, match=name):
        open_slide(cut(slides / name, tmp_path, 0.5, zero_filled))


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("TCGA-CR-7395-01A-01-TS1.svs", 0.8),
        ("CMU-1-Small-Region.svs", 0.7),
        ("derived_smear_mosaic_pyramid.tif", 0.3),
        ("derived_smear_mosaic_pyramid.tif", 0.75),
        ("derived_smear_mosaic_pyramid.tif", 0.99),
    ],
)
@pytest.mark.parametrize("zero_filled", [False, True])
def test_a_slide_cut_short_shows_what_is_left(slides, tmp_path, name, share, zero_filled):
    path = cut(slides / name, tmp_path, share, zero_filled)
    with open_slide(path) as slide, openslide.OpenSlide(slides / name) as whole:
        assert name in str(slide.warning)
        assert slide.dimensions == whole.dimensions
        there = 0
        for y, x in itertools.product(
            range(0, slide.dimensions[1] - 512, 512), range(0, slide.dimensions[0] - 512, 512)
        ):
            try:
                got = slide.read_region((x, y), 0, (512, 512)).astype(int)
            except UserError:  # missing, which does not stop the others
                assert (name, share) == ("derived_smear_mosaic_pyramid.tif", 0.3)
            else:
                there += 1
                assert np.abs(got - np.asarray(whole.read_region((x, y), 0, (512, 512)))[..., :3]).max() <= 4
        assert there > 0
        # An overview shows the whole with what is missing in grey.
        overview = slide.read_region((0, 0), slide.level_count - 1, slide.level_dimensions[-1])
        grey = (overview == 160).all(axis=-1).mean()
        assert 0.4 < grey < 0.7 if share == 0.3 else grey < 0.01


def cut(path: Path, folder: Path, share: float, zero_filled: bool) -> Path:
    data = path.read_bytes()
    kept = data[: int(len(data) * share)]
    (folder / path.name).write_bytes(kept + bytes(len(data) - len(kept)) if zero_filled else kept)
    return folder / path.name


@pytest.mark.parametrize("name", ["CMU-1-Small-Region.svs", "derived_smear_mosaic_pyramid.tif"])
def test_a_broken_tile_does_not_stop_the_rest(slides, tmp_path, name):
    with tifffile.TiffFile(slides / name) as tiff:
        page = tiff.pages.first
        middle = len(page.dataoffsets) // 2
        offset, count = page.dataoffsets[middle], page.databytecounts[middle]
        across = -(-page.imagewidth // page.tilewidth)
        x, y = middle % across * page.tilewidth, middle // across * page.tilelength
    data = bytearray((slides / name).read_bytes())
    data[offset : offset + count] = bytes(count)
    (tmp_path / name).write_bytes(data)
    with open_slide(tmp_path / name) as slide, open_slide(slides / name) as whole:
        with pytest.raises(UserError, match=name):
            slide.read_region((x + 5, y + 5), 0, (100, 100))
        for corner in ((0, 0), (slide.dimensions[0] - 100, slide.dimensions[1] - 100)):
            np.testing.assert_array_equal(
                slide.read_region(corner, 0, (100, 100)), whole.read_region(corner, 0, (100, 100))
            )


def test_every_slide_opens_or_says_why(slides):
    refused = {}
    for path in sorted(slides.iterdir()):
        try:
            with open_slide(path) as slide:
                assert slide.warning is None
                assert slide.page_names == ("1",)
                assert slide.read_region((0, 0), 0, (32, 32)).shape == (32, 32, 3)
        except UserError as error:
            refused[path.name] = str(error)
    assert all(name in sentence for name, sentence in refused.items())
    assert refused.keys() == {
        "broken.svs",
        "openslide-python_unopenable.tiff",
        "openslide-python_unreadable.svs",
        "pathml_small_dicom.dcm",
    }


def test_what_is_told_of_a_slide_names_nobody(slides):
    with open_slide(slides / "CMU-1-Small-Region.svs") as slide:
        assert slide.objective_power == 20
        assert slide.private_images == {"label", "macro"}
        assert slide.details == {"Format": "aperio", "Levels": "1"}
    with open_slide(slides / "highdicom_sm_image.dcm") as slide:
        assert slide.details["Manufacturer"] == "Test Manufacturer"
        told = " ".join(slide.details.values())
        assert slide.properties["dicom.ContainerIdentifier"] not in told
        assert slide.properties["dicom.AcquisitionDateTime"] not in told
    with open_slide(slides / "qupath_cells.ome.tif") as slide:
        assert slide.details["Compression"] == "LZW"


def test_dicom_levels_and_regions_are_openslides(slides):
    path = slides / "highdicom_sm_image.dcm"
    with open_slide(path) as slide, openslide.OpenSlide(path) as reference:
        assert slide.level_dimensions == reference.level_dimensions
        for corner in ((0, 0), (13, 7), (40, 45)):
            theirs = np.asarray(reference.read_region(corner, 0, (30, 20)))
            inside = theirs[..., 3] == 255
            ours = slide.read_region(corner, 0, (30, 20))
            np.testing.assert_array_equal(ours[inside], theirs[inside][:, :3])
            assert (ours[~inside] == 255).all()


def test_every_field_photograph_opens(data_folder):
    for path in find_slides([data_folder / "bbbc041seg" / "images"])[:5]:
        with open_slide(path) as slide:
            assert slide.dimensions[0] >= 1600
