from __future__ import annotations

import gc

import numpy as np
import pytest

from bcseg_gui.core.geometry import Region, TileKey, tiles_covering
from bcseg_gui.core.masks import CLASS_BITS, Mask
from bcseg_gui.core.masks.storage import tiles

SIDE = 4096
WHOLE = Region(0, 0, SIDE, SIDE)
FIRST = TileKey(0, 0, 0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mask.sqlite"


def dab(mask: Mask, x: int, y: int, class_id: int = 1) -> None:
    edit = mask.begin("brush")
    edit.paint(Region(x, y, 1, 1), np.ones((1, 1), bool), class_id)
    edit.commit()


def overview(mask: Mask, key: TileKey) -> np.ndarray | None:
    """The overview tile, up to date."""
    mask.refresh_overviews(60, [key])
    return mask.overview_tile(key)


def crash(mask: Mask) -> None:
    """What the program knew to be written is; nothing else is done."""
    mask.flush()
    mask.close(discard=True)


def loads(monkeypatch, mask: Mask) -> list[TileKey]:
    """Keys of the tiles that are read from the file from now on."""
    seen = []
    load = mask._store.load
    monkeypatch.setattr(mask._store, "load", lambda key: (seen.append(key), load(key))[1])
    return seen


def test_a_tile_with_nothing_in_it_is_none(path):
    with Mask.open(path, (SIDE, SIDE)) as mask:
        assert mask.tile(FIRST) is None
        assert overview(mask, TileKey(3, 0, 0)) is None


def test_memory_stays_bounded_while_a_large_slide_is_segmented(path, monkeypatch):
    monkeypatch.setattr(tiles, "TILES_KEPT", 4)
    with Mask.open(path, (SIDE, SIDE)) as mask:
        edit = mask.begin("segment")
        for key in tiles_covering(WHOLE):
            edit.predict(key.level_region(), np.full((512, 512), 1 + key.row, np.uint8))
        gc.collect()
        assert len(mask._tiles._live) == 4
        edit.commit()
        assert not mask._tiles._packed
    with Mask.open(path, (SIDE, SIDE)) as mask:
        assert np.array_equal(
            mask.read(WHOLE), np.repeat(np.arange(1, 9, dtype=np.uint8), 512)[:, None].repeat(SIDE, 1)
        )


def test_the_overview_ends_with_one_tile(path):
    with Mask.open(path, (SIDE, 300)) as mask:
        assert mask.level_count == 4
    with Mask.open(path.with_name("small.sqlite"), (512, 10)) as mask:
        assert mask.level_count == 1


def test_one_pixel_is_seen_from_afar_and_keeps_its_class(path):
    with Mask.open(path, (SIDE, SIDE)) as mask:
        dab(mask, 3001, 77, 2)
        top = overview(mask, TileKey(3, 0, 0))
        assert np.argwhere(top).tolist() == [[77 // 8, 3001 // 8]]
        assert top.max() == 2


def test_the_overview_array_follows_edits_in_place(path):
    with Mask.open(path, (SIDE, SIDE)) as mask:
        key = TileKey(3, 0, 0)
        dab(mask, 0, 0)
        top = overview(mask, key)
        dab(mask, 4095, 4095)
        assert overview(mask, key) is top
        assert top[511, 511] == 1
        mask.undo()
        assert overview(mask, key) is top
        assert top[511, 511] == 0


def test_the_overview_is_kept_in_the_file_and_renewed_where_touched(path, monkeypatch):
    with Mask.open(path, (SIDE, SIDE)) as mask:
        mask.begin("segment").predict(WHOLE, np.ones((SIDE, SIDE), np.uint8))
        overview(mask, TileKey(3, 0, 0))
    with Mask.open(path, (SIDE, SIDE)) as mask:
        seen = loads(monkeypatch, mask)
        assert overview(mask, TileKey(3, 0, 0)).all()
        assert seen == [TileKey(3, 0, 0)]
        dab(mask, 0, 0, 9)
        seen.clear()
        assert overview(mask, TileKey(3, 0, 0))[0, 0] == 9
        assert [key for key in seen if key.level == 0 and (key.row > 1 or key.col > 1)] == []


@pytest.mark.parametrize("change", [lambda mask: dab(mask, 800, 800, 3), Mask.undo], ids=["edit", "undo"])
@pytest.mark.parametrize("leave", [Mask.close, crash], ids=["close", "crash"])
def test_an_outdated_overview_is_never_found_in_the_file(path, change, leave):
    top = TileKey(3, 0, 0)
    with Mask.open(path, (SIDE, SIDE)) as mask:
        dab(mask, 0, 0)
        dab(mask, 800, 800, 2)
        overview(mask, top)
    mask = Mask.open(path, (SIDE, SIDE))
    overview(mask, top)
    change(mask)
    expected = mask.read(Region(800, 800, 1, 1))[0, 0] & CLASS_BITS
    leave(mask)
    with Mask.open(path, (SIDE, SIDE)) as mask:
        assert overview(mask, top)[100, 100] == expected
        assert overview(mask, top)[0, 0] == 1


def test_an_overview_seen_before_the_last_edit_is_not_kept_as_it_was(path):
    top = TileKey(3, 0, 0)
    with Mask.open(path, (SIDE, SIDE)) as mask:
        dab(mask, 0, 0)
        overview(mask, top)
        dab(mask, 800, 800, 3)
    with Mask.open(path, (SIDE, SIDE)) as mask:
        assert overview(mask, top)[100, 100] == 3


def test_redo_after_reopening_brings_back_a_tile_that_was_empty_meanwhile(path):
    with Mask.open(path, (SIDE, SIDE)) as mask:
        dab(mask, 800, 800)
        mask.undo()
    with Mask.open(path, (SIDE, SIDE)) as mask:
        mask.redo()
        assert mask.read(Region(800, 800, 1, 1)).all()
        assert overview(mask, TileKey(3, 0, 0))[100, 100] == 1


def test_an_edit_of_a_whole_slide_goes_back_and_forth_too(path, monkeypatch):
    monkeypatch.setattr("bcseg_gui.core.masks.edit.TILES_COMPARED", 3)
    monkeypatch.setattr("bcseg_gui.core.masks.storage.journal.TILES_TURNED_AT_ONCE", 10)
    monkeypatch.setattr(tiles, "TILES_KEPT", 4)
    with Mask.open(path, (SIDE, SIDE)) as mask:
        dab(mask, 800, 800, 3)
        held = mask.tile(TileKey(0, 1, 1))
        mask.begin("segment").predict(WHOLE, np.ones((SIDE, SIDE), np.uint8))
        assert mask.undo() == WHOLE
        assert np.count_nonzero(mask.read(WHOLE)) == 1
        assert np.count_nonzero(held) == 1
        mask.redo()
        assert mask.read(WHOLE).all()
        assert held.all()
        mask.jump(0)
        assert not mask.read(WHOLE).any()


def test_a_stroke_shows_on_the_overview_before_that_is_up_to_date(path):
    with Mask.open(path, (SIDE, SIDE)) as mask:
        region = Region(700, 700, 400, 300)
        top = TileKey(3, 0, 0)
        edit = mask.begin("brush")
        edit.paint(region, np.ones((300, 400), np.bool_), 2)
        mask.preview(region, 3)
        seen = mask.overview_tile(top)
        inside = np.zeros(seen.shape, np.bool_)
        inside[87:125, 87:137] = True  # pixels of 8 whose middle is painted
        np.testing.assert_array_equal(seen, 2 * inside)
        assert mask.overviews_stale
        edit.paint(region, np.ones((300, 400), np.bool_), 0)
        mask.preview(region, 3)
        assert not mask.overview_tile(top).any()
        edit.rollback()
        assert not overview(mask, top).any()
