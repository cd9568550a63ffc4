from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from bcseg_gui.compute.protocol import Progress, TilePredicted
from bcseg_gui.compute.segmenting.spec import Segmentation
from bcseg_gui.compute.segmenting.writer import FieldWriter, RunWriter, without_rims
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MANUAL, Mask

SIZE = 1200, 700
WHOLE = Region(0, 0, *SIZE)
LEFT, RIGHT = Region(0, 0, 600, 700), Region(600, 0, 600, 700)
SEGMENTATION = Segmentation("dark", "5e1f", SIZE, cell_diameter=20.0, fingerprint="12-ab", engine="torch")


def predicted(region: Region, class_id: int, *, finished: bool = True) -> TilePredicted:
    classes = np.full((region.h, region.w), class_id, np.uint8)
    return TilePredicted(1, region, classes, region if finished else None)


def test_in_memory_comes_out_what_comes_out_in_a_mask(tmp_path: Path) -> None:
    tiles = [predicted(LEFT, 1, finished=False), predicted(LEFT, 2), predicted(RIGHT, 1)]
    field = FieldWriter(WHOLE)
    with Mask.open(tmp_path / "mask.sqlite", SIZE) as mask:
        run = RunWriter(lambda: mask, SEGMENTATION, model="dark", author="")
        for writer in (field, run):
            writer.note(Progress(1, 0, 2))
            for tile in tiles:
                writer.write(tile)
        np.testing.assert_array_equal(mask.read(WHOLE), field.classes)
    assert set(np.unique(field.classes[:, :600])) == {2}


@pytest.mark.parametrize("settings", [SEGMENTATION.text, SEGMENTATION.former_text], ids=["ours", "earlier"])
def test_a_run_goes_on_under_the_text_that_it_was_begun_with(tmp_path: Path, settings: str) -> None:
    with Mask.open(tmp_path / "mask.sqlite", SIZE) as mask:
        begun = mask.begin_run(settings)
        begun.predict(LEFT, np.ones((LEFT.h, LEFT.w), np.uint8))
        begun.finish_block(LEFT)
        mask.commit()
        writer = RunWriter(lambda: mask, SEGMENTATION, model="dark", author="", run=mask.unfinished_run)
        assert writer.is_unfinished
        writer.write(predicted(RIGHT, 1))
        mask.commit()
        assert mask.unfinished_run is not None
        assert (mask.unfinished_run.settings, mask.unfinished_run.finished) == (settings, (LEFT, RIGHT))
        writer.end_run()
        assert mask.unfinished_run is None
        assert mask.read(WHOLE).all()


def disc(radius: int) -> np.ndarray:
    return cv2.circle(np.zeros((80, 120), np.uint8), (40, 40), radius, 1, -1)


def test_a_cell_that_a_person_gave_another_class_gets_no_rim() -> None:
    found = disc(24)
    found[30:50, 90:110] = 1
    left = without_rims(found, disc(22) * np.uint8(2 | MANUAL))
    assert not left[:, :80].any()
    assert left[30:50, 90:110].all()


def test_a_cell_with_a_touch_of_another_class_or_more_of_its_own_is_as_found() -> None:
    found = disc(24)
    np.testing.assert_array_equal(without_rims(found, disc(10) * np.uint8(2 | MANUAL)), found)
    np.testing.assert_array_equal(without_rims(found, disc(22) * np.uint8(1 | MANUAL)), found)
    np.testing.assert_array_equal(without_rims(found, disc(22) * np.uint8(2)), found)
