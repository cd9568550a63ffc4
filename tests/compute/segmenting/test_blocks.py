"""Blocks that are computed, finished, empty or outside."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bcseg_gui.compute.protocol import GRID, QuickSegment, Segment
from bcseg_gui.compute.segmenting import blocks as segmenting
from bcseg_gui.compute.segmenting.blocks import SlidePrediction, SlideTile, predict_slide, predict_slide_quickly
from bcseg_gui.core.cells import diameter
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.slides import Slide, open_slide
from bcseg_gui.core.slides.look import Look
from bcseg_gui.core.synthetic.smear import make_smear
from model import predict
from model.classical import quick
from model.engines.engine import SMALL_TILE
from model.info import ModelInfo
from model.preprocess import normalise

SIZE = WIDTH, HEIGHT = 700, 500
DIAMETER = 20.0


class Darkness:
    """An engine that sees cells where it is dark around a pixel, as far as a network looks."""

    name, tile, batch = "darkness", 96, 1

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        inputs = normalise(pictures[0], ModelInfo("dark"))
        light = cv2.GaussianBlur(inputs.mean(axis=0), (0, 0), 3, borderType=cv2.BORDER_REFLECT_101)
        return (1 / (1 + np.exp(4 * (light - 1.4))))[None, None].astype(np.float32)


@pytest.fixture
def engine() -> tuple[Darkness, ModelInfo]:
    return Darkness(), ModelInfo("dark", cell_diameter=DIAMETER, source_cell_diameter=DIAMETER)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve blocks of up to four tiles in a picture that takes a moment; it counts as a whole slide."""
    monkeypatch.setattr(predict, "BLOCK", 180)
    monkeypatch.setattr(quick, "LARGEST_TILE", 180)
    monkeypatch.setattr(segmenting, "FIELD", 100)


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    """Cells in the left two thirds, nothing in the rest."""
    pixels = np.full((HEIGHT, WIDTH, 3), (250, 250, 251), np.uint8)
    pixels[:, :460] = make_smear(460, HEIGHT, seed=1, cell_diameter=DIAMETER).image
    return pixels


@pytest.fixture
def slide(tmp_path: Path, picture: NDArray[np.uint8]):
    path = tmp_path / "slide.png"
    cv2.imwrite(str(path), picture[..., ::-1])
    with open_slide(path) as opened:
        yield opened


@pytest.fixture(params=["model", "watershed"])
def work_of(request, engine, slide: Slide):
    def begin(**values) -> SlidePrediction:
        if request.param == "watershed":
            return predict_slide_quickly(slide, QuickSegment(0, slide.path, cell_diameter=DIAMETER, **values))
        wanted = Segment(0, slide.path, Path("dark"), cell_diameter=DIAMETER, **values)
        return predict_slide(*engine, slide, wanted)

    return begin


def taken(work: SlidePrediction, mask: NDArray[np.uint8], blocks: int | None = None) -> list[Region]:
    """Write what is found until so many blocks are finished, and no more than that, as a mask with runs does."""
    finished: list[Region] = []
    waiting: list[SlideTile] = []
    for found in work.tiles:
        waiting.append(found)
        if found.finished is not None:
            for one in waiting:
                mask[one.region.slices_in(Region(0, 0, *SIZE))] = one.classes
            waiting.clear()
            finished.append(found.finished)
            if len(finished) == blocks:
                break
    return finished


def test_of_the_first_of_several_blocks_a_coarse_draft_comes_at_once(slide: Slide, engine) -> None:
    sizes: list[tuple[int, ...]] = []

    class Noting(Darkness):
        def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
            sizes.append(pictures.shape)
            return super().probabilities(pictures)

    request = Segment(0, slide.path, Path(), cell_diameter=DIAMETER, first=(300, 250))
    founds = iter(predict_slide(Noting(), engine[1], slide, request).tiles)
    draft = next(founds)
    assert (draft.is_new, draft.finished) == (False, None)
    assert draft.region.x <= 300 < draft.region.right
    assert draft.region.y <= 250 < draft.region.bottom
    assert sizes[0] == (1, 96, 96, 3)
    pieces = list(founds)
    block = next(found.finished for found in pieces if found.finished)
    assert draft.region == block
    alone = predict_slide(Darkness(), engine[1], slide, replace(request, region=block))
    assert next(alone.tiles).is_new, "one block is there soon enough"


def test_the_mask_is_the_same_wherever_it_was_interrupted(work_of) -> None:
    whole = np.zeros((HEIGHT, WIDTH), np.uint8)
    blocks = taken(work_of(), whole)
    assert len(blocks) > 6
    assert 0.05 < whole.mean() < 0.5
    for stop in range(1, len(blocks)):
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        earlier = taken(work_of(first=(10 * stop, 400)), mask, stop)
        rest = work_of(finished=tuple(earlier), first=(700, 40 * stop))
        later = taken(rest, mask)
        assert sorted(map(repr, earlier + later)) == sorted(map(repr, blocks))
        np.testing.assert_array_equal(mask, whole)


def test_progress_begins_where_it_was_and_counts_what_is_computed(work_of) -> None:
    work = work_of()
    assert work.done == 0
    assert sum(found.is_new for found in work.tiles) == work.total
    blocks = taken(work_of(), np.zeros((HEIGHT, WIDTH), np.uint8), 3)
    again = work_of(finished=tuple(blocks))
    assert again.total == work.total
    assert 0 < again.done < again.total
    assert sum(found.is_new for found in again.tiles) == again.total - again.done
    assert list(work_of(finished=tuple(taken(work_of(), np.zeros((HEIGHT, WIDTH), np.uint8)))).tiles) == []


def test_empty_blocks_are_told_and_not_computed(work_of) -> None:
    work, everything = work_of(), work_of(skip_empty=False)
    assert len(work.empty) >= 3
    assert all(region.x > 400 for region in work.empty)
    seen = np.zeros((HEIGHT, WIDTH), np.uint8)
    taken(work, seen)
    assert everything.empty == ()
    assert everything.total > work.total
    finished = taken(everything, np.zeros((HEIGHT, WIDTH), np.uint8))
    assert set(work.empty) < set(finished)
    covered = Region(0, 0, 0, 0)
    for region in finished:
        covered = covered.united(region)
    assert covered == Region(0, 0, *SIZE)


def test_a_photograph_is_never_searched_for_empty_glass(work_of, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmenting, "FIELD", 700)
    monkeypatch.setattr(segmenting, "find_smear_area", None)
    assert work_of().empty == ()


def test_a_photograph_without_a_model_is_one_block(slide: Slide, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmenting, "FIELD", 700)
    work = predict_slide_quickly(slide, QuickSegment(0, slide.path, cell_diameter=DIAMETER))
    assert taken(work, np.zeros((HEIGHT, WIDTH), np.uint8)) == [Region(0, 0, *SIZE)]


def test_blocks_outside_an_outline_are_not_computed(work_of) -> None:
    outline = ((20, 20), (600, 40), (40, 480))
    box = Region(20, 20, 580, 460)
    inside, whole_box = work_of(outline=outline, region=box), work_of(region=box)
    all_blocks = taken(whole_box, np.zeros((HEIGHT, WIDTH), np.uint8))
    blocks = taken(inside, np.zeros((HEIGHT, WIDTH), np.uint8))
    assert set(blocks) < set(all_blocks), "the same blocks, some left out"
    drawn = cv2.fillPoly(np.zeros((HEIGHT, WIDTH), np.uint8), [np.array(outline)], 1)
    for block in set(all_blocks) - set(blocks):
        assert not drawn[block.slices_in(Region(0, 0, *SIZE))].any()


def test_at_the_border_of_a_region_the_network_sees_what_lies_outside(engine, slide: Slide) -> None:
    """A block of the whole, asked for as a region, comes out the same."""
    wanted = Segment(0, slide.path, Path("dark"), cell_diameter=DIAMETER)
    whole = np.zeros((HEIGHT, WIDTH), np.uint8)
    blocks = taken(predict_slide(*engine, slide, wanted), whole)
    middle = next(block for block in blocks if block.x > 0 and block.y > 0 and block.right < 460)
    alone = np.zeros((HEIGHT, WIDTH), np.uint8)
    assert taken(predict_slide(*engine, slide, replace(wanted, region=middle)), alone) == [middle]
    where = middle.slices_in(Region(0, 0, *SIZE))
    np.testing.assert_array_equal(alone[where], whole[where])


def test_a_look_changes_what_is_seen(engine, slide: Slide, picture: NDArray[np.uint8], tmp_path: Path) -> None:
    look = Look(brightness=-0.2, gamma=1.4)
    path = tmp_path / "shown.png"
    cv2.imwrite(str(path), look.apply(picture)[..., ::-1])
    masks = [np.zeros((HEIGHT, WIDTH), np.uint8) for _ in range(3)]
    wanted = Segment(0, slide.path, Path("dark"), cell_diameter=DIAMETER, skip_empty=False)
    taken(predict_slide(*engine, slide, wanted), masks[0])
    taken(predict_slide(*engine, slide, replace(wanted, look=look)), masks[1])
    with open_slide(path) as shown:
        taken(predict_slide(*engine, shown, wanted), masks[2])
    assert (masks[0] != masks[1]).any()
    np.testing.assert_array_equal(masks[1], masks[2])


@pytest.fixture
def damage(slide: Slide, monkeypatch: pytest.MonkeyPatch):
    """`damage(x, y)`: what holds this level-0 pixel cannot be read from now on."""
    read = type(slide)._read

    def begin(x: int, y: int) -> None:
        def damaged(self: Slide, location, level, size) -> NDArray[np.uint8]:
            w, h = (math.ceil(length * self.level_downsamples[level]) for length in size)
            if Region(*location, w, h).intersected(Region(x, y, 1, 1)).area:
                raise UserError("A part of “{path}” cannot be read.", path=self.path)
            return read(self, location, level, size)

        monkeypatch.setattr(type(slide), "_read", damaged)

    return begin


def test_a_part_that_cannot_be_read_is_left_out_and_told_at_the_end(work_of, damage) -> None:
    work = work_of(skip_empty=False)
    damage(100, 100)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    with pytest.raises(UserError, match=r"1 of .* parts .* could not be read"):
        taken(work, mask)
    assert mask[300:, :400].any()


def test_of_a_block_that_cannot_be_read_there_is_no_draft_either(slide: Slide, engine, damage) -> None:
    request = Segment(0, slide.path, Path(), cell_diameter=DIAMETER, first=(100, 100), skip_empty=False)
    found = predict_slide(*engine, slide, request).tiles
    damage(100, 100)
    seen = []
    with pytest.raises(UserError, match="1 of"):
        seen.extend(next(found).region for _ in range(1000))
    assert not any(region.x <= 100 < region.right and region.y <= 100 < region.bottom for region in seen)


def test_what_an_earlier_job_found_is_kept_when_the_rest_cannot_be_read(work_of, damage) -> None:
    blocks = taken(work_of(), np.zeros((HEIGHT, WIDTH), np.uint8))
    rest = work_of(finished=tuple(block for block in blocks if not (block.x <= 100 < block.right and block.y < 100)))
    damage(100, 20)
    with pytest.raises(UserError, match=f"1 of {len(blocks)} parts"):
        list(rest.tiles)


def test_a_part_that_cannot_be_read_does_not_keep_the_cells_from_being_measured(
    slide: Slide, damage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diameter, "_FIELD", 100)
    monkeypatch.setattr(diameter, "_WINDOW", 300)
    damage(100, 100)
    work = predict_slide_quickly(slide, QuickSegment(0, slide.path))
    assert work.cell_diameter == pytest.approx(DIAMETER, rel=0.15)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    with pytest.raises(UserError, match="could not be read, so no cells were looked for there"):
        taken(work, mask)
    assert 0.05 < mask[300:, :400].mean() < 0.5


@pytest.mark.parametrize("where", [(20, 20), (WIDTH - 20, HEIGHT - 20)], ids=["first", "last"])
def test_of_a_photograph_that_cannot_be_read_throughout_the_rest_is_finished(
    slide: Slide, damage, monkeypatch: pytest.MonkeyPatch, where: tuple[int, int]
) -> None:
    monkeypatch.setattr(segmenting, "FIELD", 700)
    work = predict_slide_quickly(slide, QuickSegment(0, slide.path, cell_diameter=DIAMETER))
    damage(*where)
    finished: list[Region] = []
    with pytest.raises(UserError, match=r"1 of 12 parts"):
        finished.extend(found.finished for found in work.tiles if found.finished is not None)
    assert len(finished) == work.total - 1
    assert not any(region.intersected(Region(*where, 1, 1)).area for region in finished)
    damage(-1, -1)
    again = predict_slide_quickly(slide, QuickSegment(0, slide.path, cell_diameter=DIAMETER, finished=tuple(finished)))
    assert (again.done, again.total) == (work.total - 1, work.total)


def test_a_slide_that_is_gone_is_said_at_once(work_of, slide: Slide, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(self: Slide, *_args: object) -> NDArray[np.uint8]:
        raise UserError("“{path}” is no longer there.", path=self.path)

    work = work_of(skip_empty=False)
    slide.path.unlink()
    monkeypatch.setattr(type(slide), "_read", gone)
    with pytest.raises(UserError, match="no longer there"):
        list(work.tiles)


def test_the_grid_of_the_blocks_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever changes one of these raises GRID, so that nobody goes on with a run of other blocks."""
    monkeypatch.undo()
    cut = predict.BLOCK, predict.LARGEST_BLOCK, SMALL_TILE, predict.HALO, quick.LARGEST_TILE, quick.TILE_CELLS
    assert (GRID, cut) == (1, (896, 4096, 256, 32, 1024, 24))
