"""Real whole-slide files open, or fail with a sentence, as their README says."""

from __future__ import annotations

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


@pytest.mark.parametrize("name", ["TCGA-CR-7395-01A-01-TS1.svs", "derived_smear_mosaic_pyramid.tif"])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.6])
@pytest.mark.parametrize("zero_filled", [False, True])
def test_a_slide_cut_short_fails_clearly(slides, tmp_path, name, share, zero_filled):
    data = (slides / name).read_bytes()
    kept = data[: int(len(data) * share)]
    path = tmp_path / name
    path.write_bytes(kept + bytes(len(data) - len(kept)) if zero_filled else kept)
    with pytest.raises(UserError, match=name):
        read_all(path)


def read_all(path: Path) -> None:
    """Damage may show at opening or at reading."""
    with open_slide(path) as slide:
        slide.read_region((0, 0), 0, slide.dimensions)


def test_every_field_photograph_opens(data_folder):
    for path in find_slides([data_folder / "bbbc041seg" / "images"])[:5]:
        with open_slide(path) as slide:
            assert slide.dimensions[0] >= 1600
