from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.checkpoint import Model
from model.engines.engine import LARGE_TILE, SMALL_TILE
from model.engines.torch_engine import TorchEngine
from model.info import ModelInfo
from model.predict import BLOCK, Block, blocks_of, classify, predict, predict_picture
from model.preprocess import resize
from model.tiles import Rect

INFO = ModelInfo(name="redness", cell_diameter=42.0, source_cell_diameter=42.0)


class Redness:
    """An engine whose probability is the red channel: it shows where each input pixel ends up."""

    name, tile, batch = "redness", SMALL_TILE, 1

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert len(pictures) <= self.batch
        assert pictures.shape[1] % 32 == 0
        assert pictures.shape[2] % 32 == 0
        return pictures[..., 0][:, None] / np.float32(255)


SLIDE = 6000, 5000


@given(
    st.builds(Rect, st.integers(0, 500), st.integers(0, 500), st.integers(1, 4000), st.integers(1, 3000)),
    st.floats(0.1, 3),
)
def test_blocks_cover_a_region_exactly_once_and_tiles_their_blocks(region: Rect, scale: float) -> None:
    covered = np.zeros((region.h, region.w), np.uint8)
    blocks = blocks_of(region, scale, SLIDE)
    for block in blocks:
        assert max(block.rect.w, block.rect.h) * scale <= max(BLOCK, 0.1 * 4096) + scale
        tiles = block.tiles()
        assert block.tile_count == len(tiles)
        for tile in tiles:
            assert max(tile.w, tile.h) <= SMALL_TILE + 1
            shown = block.level_0(tile).common(block.rect)
            assert shown.w > 0, "no tile lies wholly in the halo"
            assert shown.h > 0
            covered[shown.inside(region)] += 1
    assert (covered == 1).all()


@given(st.floats(0.1, 3), st.tuples(st.integers(0, 6000), st.integers(0, 5000)))
def test_where_one_looks_decides_the_order_and_nothing_else(scale: float, first: tuple[int, int]) -> None:
    here, there = (blocks_of(Rect(7, 9, 5900, 4900), scale, SLIDE, at) for at in (first, None))
    assert sorted(map(repr, here)) == sorted(map(repr, there))
    assert sorted(map(repr, here[0].tiles(first))) == sorted(map(repr, here[0].tiles()))


def test_the_plan_of_a_huge_slide_is_light() -> None:
    blocks = blocks_of(Rect(0, 0, 100_000, 100_000), 1.4, (100_000, 100_000), first=(50_000, 50_000))
    assert len(blocks) == 157**2
    assert sum(block.tile_count for block in blocks) > 200_000


def test_the_tile_under_the_eye_comes_first() -> None:
    blocks = blocks_of(Rect(0, 0, 4000, 4000), 1.0, SLIDE, first=(3900, 100))
    assert blocks[0].rect.x + blocks[0].rect.w == 4000
    assert blocks[0].rect.y == 0
    first = blocks[0].level_0(blocks[0].tiles((3900, 100))[0])
    assert first.x <= 3900 < first.x + first.w
    assert first.y <= 100 < first.y + first.h


@pytest.mark.parametrize("scale", [0.4, 0.55, 1.0])
def test_touching_cells_come_apart_where_two_tiles_meet(scale: float) -> None:
    """Pairs one above the other, the line between them across the border of two tiles, or along it."""
    radius, side = 21 / scale, round(2.5 * SMALL_TILE / scale)
    picture = np.zeros((side, side, 3), np.uint8)
    at = round(side / 3)  # three tiles a side
    rows, pairs = range(round(3 * radius), side - round(5 * radius), round(6 * radius)), 0
    for row, y in enumerate(rows):
        for down in (0, round(1.9 * radius)):
            cv2.circle(picture, (at + round((row % 5 - 2) * 3 / scale), y + down), round(radius), (255, 0, 0), -1)
        pairs += 1
    turned = np.ascontiguousarray(picture.transpose(1, 0, 2))
    for shown in (picture, turned):
        _, classes = predict_picture(Redness(), replace(INFO, source_cell_diameter=2 * radius), shown)
        assert cv2.connectedComponents(classes, connectivity=4)[0] - 1 == 2 * pairs


@pytest.mark.parametrize("doubt", [255, 190])
def test_touching_cells_come_apart_as_readily_as_is_wanted(doubt: int) -> None:
    """Where there is a waist, and where the pixels between them are less sure."""
    picture = np.zeros((140, 200, 3), np.uint8)
    for x in (60, 94):
        cv2.circle(picture, (x, 70), 21, (255, 0, 0), -1)
    picture[:, 76:79][picture[:, 76:79] > 0] = doubt
    (block,) = blocks_of(Rect(0, 0, 200, 140), 1.0, (200, 140))
    found = []
    for splitting in (0.0, 0.5, 1.0):
        *_, tile = predict(
            Redness(),
            INFO,
            lambda rect, size: resize(picture[rect.slices], size),
            (200, 140),
            block,
            splitting=splitting,
        )
        found.append(cv2.connectedComponents(tile.classes, connectivity=4)[0] - 1)
    assert found == [1, 2, 2]


def test_a_draft_of_each_tile_comes_before_its_block() -> None:
    picture = np.random.default_rng(5).integers(0, 256, (700, 500, 3), np.uint8)
    (block,) = blocks_of(Rect(0, 0, 500, 700), 1.0, (500, 700))
    tiles = list(predict(Redness(), INFO, lambda rect, size: resize(picture[rect.slices], size), (500, 700), block))
    assert [tile.final for tile in tiles] == [False] * 6 + [True] * 6
    assert [tile.rect for tile in tiles[:6]] == [tile.rect for tile in tiles[6:]]
    assert all(tile.probabilities is None for tile in tiles), "nobody asked for them"


def test_a_sliver_at_the_edge_of_the_picture_is_left_out_and_one_at_the_edge_of_a_tile_is_not() -> None:
    picture = np.zeros((SMALL_TILE + 200, SMALL_TILE + 200, 3), np.uint8)
    for x, y in ((-14, 100), (100, 100), ((SMALL_TILE + 200) // 2 + 15, 100)):
        cv2.circle(picture, (x, y), 21, (255, 0, 0), -1)
    cells = {
        share: predict_picture(Redness(), replace(INFO, smallest_at_edge=share), picture)[1] for share in (0, 0.35)
    }
    assert cells[0][100, 0]
    assert not cells[0.35][:, :20].any()
    np.testing.assert_array_equal(cells[0][:, 20:], cells[0.35][:, 20:])


@given(
    st.integers(33, 700),
    st.integers(33, 700),
    st.integers(0, 2**16),
    st.sampled_from([SMALL_TILE, LARGE_TILE]),
    st.integers(1, 5),
)
def test_every_pixel_keeps_its_place(width: int, height: int, seed: int, tile: int, batch: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    engine = Redness()
    engine.tile, engine.batch = tile, batch
    probabilities, _ = predict_picture(engine, INFO, picture)
    np.testing.assert_allclose(probabilities[0], picture[..., 0] / 255, atol=1e-5)


def test_a_picture_at_another_magnification_keeps_its_shapes() -> None:
    picture = np.zeros((600, 800, 3), np.uint8)
    picture[150:450, 200:600] = 255
    _, mask = predict_picture(Redness(), INFO, picture, slide_cell_diameter=105.0)
    expected = picture[..., 0] > 0
    assert np.count_nonzero(mask.astype(bool) != expected) < 0.02 * expected.sum()


def only_block(region: Rect, dimensions: tuple[int, int]) -> Block:
    (block,) = blocks_of(region, 1.0, dimensions)
    return block


def test_tiling_changes_nothing_away_from_the_halo(tiny_model: Model) -> None:
    """Parts of a picture predicted alone agree with the whole, where the context is at least a halo."""
    picture = np.random.default_rng(3).integers(0, 256, (256, 320, 3), np.uint8)
    engine = TorchEngine(tiny_model)

    def read(rect: Rect, size: tuple[int, int]) -> NDArray[np.uint8]:
        return resize(picture[rect.y : rect.y + rect.h, rect.x : rect.x + rect.w], size)

    whole, _ = predict_picture(engine, tiny_model.info, picture)
    region = Rect(96, 64, 96, 96)  # a multiple of the stride with its halo, so that the poolings fall on the same grid
    block = only_block(region, (320, 256))
    _, tile = predict(engine, tiny_model.info, read, (320, 256), block, with_probabilities=True)
    assert tile.rect == region
    np.testing.assert_allclose(tile.probabilities[0], whole[0, 64:160, 96:192], atol=0.02)


def test_stops_when_cancelled() -> None:
    asked = iter([False, False, True])
    big = np.zeros((2000, 2000, 3), np.uint8)
    (block, *_) = blocks_of(Rect(0, 0, 2000, 2000), 1.0, (2000, 2000))
    tiles = predict(
        Redness(), INFO, lambda rect, size: resize(big, size), (2000, 2000), block, cancelled=lambda: next(asked)
    )
    assert len(list(tiles)) == 2


class Rainbow:
    """An engine of four classes whose likelihoods are the three channels and what they leave."""

    name, tile, batch = "rainbow", SMALL_TILE, 1

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        shares = pictures.transpose(0, 3, 1, 2) / np.float32(3 * 255)
        return np.concatenate([1 - shares.sum(1, keepdims=True), shares], 1).astype(np.float32)


class Vivid(Rainbow):
    """As sure as the colours are pure."""

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        shares = pictures.transpose(0, 3, 1, 2) / np.float32(255)
        return np.concatenate([1 - shares.sum(1, keepdims=True), shares], 1).astype(np.float32)


@pytest.mark.parametrize("scale", [0.4, 1.0, 1.7])
def test_classes_are_those_of_the_probabilities(scale: float) -> None:
    picture = np.random.default_rng(8).integers(0, 256, (90, 120, 3), np.uint8)
    info = replace(INFO, classes=("red", "green", "blue"), source_cell_diameter=INFO.cell_diameter / scale)
    for threshold in (0.3, 0.5):
        (block,) = blocks_of(Rect(0, 0, 120, 90), scale, (120, 90))
        draft, tile = predict(
            Rainbow(),
            info,
            lambda rect, size: resize(picture[rect.slices], size),
            (120, 90),
            block,
            threshold=threshold,
            splitting=1.0,
            with_probabilities=True,
        )
        drafted = classify(tile.probabilities, threshold)
        np.testing.assert_array_equal(draft.classes, drafted)
        assert (tile.classes == drafted)[tile.classes > 0].all(), "parting takes pixels away, and changes no class"
        assert len(np.unique(tile.classes)) >= 3


def test_touching_cells_of_several_classes_come_apart() -> None:
    picture = np.zeros((120, 200, 3), np.uint8)
    for x, colour in ((40, (255, 0, 0)), (80, (255, 0, 0)), (120, (0, 255, 0))):
        cv2.circle(picture, (x, 60), 21, colour, -1)
    cv2.circle(picture, (120, 60), 8, (0, 0, 255), -1)  # a nucleus is no cell of its own: no line around it
    info = replace(INFO, classes=("red", "green", "blue"))
    _, classes = predict_picture(Vivid(), info, picture)
    assert cv2.connectedComponents((classes > 0).view(np.uint8), connectivity=4)[0] - 1 == 3
    assert [cv2.connectedComponents((classes == each).view(np.uint8), connectivity=4)[0] - 1 for each in (1, 2, 3)] == [
        2,
        1,
        1,
    ]
    assert classes[50:70, 110:130].all()


def test_threshold_and_several_classes() -> None:
    one = np.array([[[0.2, 0.5, 0.9]]], np.float32)
    assert classify(one).tolist() == [[0, 1, 1]]
    assert classify(one, 0.8).tolist() == [[0, 0, 1]]
    several = np.array([[[0.6, 0.4]], [[0.3, 0.35]], [[0.1, 0.25]]], np.float32)
    assert classify(several).tolist() == [[0, 1]]


@pytest.mark.parametrize("shape", [(1, 1), (5, 200), (31, 33)])
def test_pictures_smaller_than_the_stride_work(tiny_model: Model, shape: tuple[int, int]) -> None:
    info = replace(tiny_model.info, source_cell_diameter=24.0)
    picture = np.full((*shape, 3), 200, np.uint8)
    probabilities, classes = predict_picture(TorchEngine(tiny_model), info, picture)
    assert probabilities.shape == (tiny_model.info.num_outputs, *shape)
    assert classes.shape == shape
