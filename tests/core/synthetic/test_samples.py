"""The shipped samples open, are whole, and the pyramid is one that OpenSlide reads."""

from __future__ import annotations

import numpy as np
import openslide
import pytest
from PIL import Image

from bcseg_gui.core.resources import resource
from bcseg_gui.core.slides import find_slides, open_slide
from bcseg_gui.core.synthetic.samples import FIELD_SIZE, FIELDS, SLIDE_MPP, SLIDE_SIZE, write_pyramid
from bcseg_gui.core.synthetic.smear import make_smear


def test_the_shipped_samples_and_their_masks_belong_together():
    paths = find_slides([resource("samples")])
    assert [path.name for path in paths] == [*(f"{name}.jpg" for name in FIELDS), "slide.tif"]
    for path in paths:
        mask = np.asarray(Image.open(resource("samples", "masks", f"{path.stem}.png")))
        with open_slide(path) as slide:
            assert slide.dimensions == mask.shape[::-1]
            assert slide.dimensions == (SLIDE_SIZE if path.stem == "slide" else FIELD_SIZE)
        assert set(np.unique(mask)) == {0, 255}
    assert sum(path.stat().st_size for path in resource("samples").rglob("*") if path.is_file()) < 6_500_000


def test_the_shipped_slide_reads_as_openslide_says():
    path = resource("samples", "slide.tif")
    with open_slide(path) as slide, openslide.OpenSlide(path) as reference:
        assert slide.properties["openslide.vendor"] == "generic-tiff"
        assert slide.level_count >= 3
        assert slide.mpp == pytest.approx(SLIDE_MPP, rel=1e-3)
        for level, location in [(0, (123, 457)), (1, (2000, 1000)), (2, (0, 0)), (0, (5900, 4400))]:
            got = slide.read_region(location, level, (300, 200))
            theirs = np.asarray(reference.read_region(location, level, (300, 200)))
            opaque = theirs[..., 3] == 255
            np.testing.assert_array_equal(got[opaque], theirs[..., :3][opaque])
            assert (got[~opaque] == 255).all()


@pytest.mark.parametrize("size", [(700, 523), (256, 256), (30, 20)])
def test_a_written_pyramid_holds_the_picture(tmp_path, size):
    image = make_smear(*size, seed=1, cell_diameter=40).image
    write_pyramid(tmp_path / "a.tif", image, 0.25, quality=95, smallest=200)
    with open_slide(tmp_path / "a.tif") as slide:
        assert slide.dimensions == size
        assert slide.mpp == pytest.approx(0.25, rel=1e-3)
        got = slide.read_region((0, 0), 0, size)
        assert np.abs(got.astype(int) - image).mean() < 4
        smallest = slide.level_dimensions[-1]
        assert max(smallest) <= 200 or slide.level_count == 1
        coarse = slide.read_region((0, 0), slide.level_count - 1, smallest)
        assert np.abs(coarse.mean((0, 1)) - image.mean((0, 1))).max() < 6
