"""The mask against a plain array with a list for history, and what a person meets when its file is in trouble."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from numpy.typing import NDArray

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region, TileKey, tiles_covering
from bcseg_gui.core.masks import CLASS_BITS, MANUAL, EditState, Mask
from bcseg_gui.core.masks.pyramid import halved
from bcseg_gui.core.masks.storage import journal, tiles
from tests.waiting import LIMIT

WHOLE = Region(0, 0, 1300, 700)
SPOT = Region(500, 500, 30, 30)
EVERYWHERE = np.ones((SPOT.h, SPOT.w), bool)

regions = st.builds(Region, st.integers(-50, 1310), st.integers(-50, 710), st.integers(1, 700), st.integers(1, 500))


def halved_by_tiles(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape
    padded = np.pad(pixels, ((0, -height % 512), (0, -width % 512)))
    tiles = [
        [halved(tile) for tile in np.hsplit(row, row.shape[1] // 512)] for row in np.vsplit(padded, len(padded) // 512)
    ]
    return np.block(tiles)[: -(-height // 2), : -(-width // 2)]


class MaskMachine(RuleBasedStateMachine):
    """Any order of edits, undo, redo, reopening and crashes leaves what the plain model says."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        # So few that tiles come and go all the time.
        self.patch.setattr(tiles, "TILES_KEPT", 2)
        self.patch.setattr(journal, "TILES_TURNED_AT_ONCE", 2)
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "mask.sqlite"

    @initialize()
    def open_it(self) -> None:
        self.disk_is_full = False
        self.open_mask()
        self.edit = None
        self.pixels = np.zeros((WHOLE.h, WHOLE.w), np.uint8)
        self.saved = self.pixels.copy()
        # tool, number, pixels before, pixels after
        self.done: list[tuple[str, int, np.ndarray, np.ndarray]] = []
        self.undone: list[tuple[str, int, np.ndarray, np.ndarray]] = []
        self.touched = False
        self.held: dict[TileKey, np.ndarray] = {}

    def open_mask(self) -> None:
        self.mask = Mask.open(self.path, (WHOLE.w, WHOLE.h))
        self.mask.listen(lambda error: None, lambda: None)
        expect_unchanged = self.mask._store._expect_unchanged

        def checked() -> None:
            if self.disk_is_full:
                raise UserError("The disk is full.")
            expect_unchanged()

        self.mask._store._expect_unchanged = checked

    def teardown(self) -> None:
        if hasattr(self, "mask"):
            self.disk_is_full = False
            self.mask.close()
        self.folder.cleanup()
        self.patch.undo()

    def model_commit(self) -> None:
        if self.edit is not None and not np.array_equal(self.pixels, self.saved):
            self.done.append((self.tool, self.mask.edits()[-1].seq, self.saved, self.pixels.copy()))
            self.undone.clear()
            self.saved = self.pixels.copy()
        self.edit, self.touched = None, False

    @rule(tool=st.sampled_from(["brush", "eraser", "segment"]))
    def begin(self, tool: str) -> None:
        edit = self.mask.begin(tool)
        self.model_commit()
        self.edit, self.tool = edit, tool

    @precondition(lambda self: self.edit is not None)
    @rule(region=regions, class_id=st.integers(0, CLASS_BITS), seed=st.integers(0, 3))
    def paint(self, region: Region, class_id: int, seed: int) -> None:
        where = np.random.default_rng(seed).random((region.h, region.w)) < seed / 3
        touched = self.edit.paint(region, where, class_id)
        inside = region.intersected(WHOLE)
        self.touched |= bool(where[inside.slices_in(region)].any())
        self.pixels[inside.slices_in(WHOLE)][where[inside.slices_in(region)]] = class_id | MANUAL
        assert touched.intersected(inside) == touched or touched.is_empty

    @precondition(lambda self: self.edit is not None)
    @rule(region=regions, seed=st.integers(0, 3))
    def predict(self, region: Region, seed: int) -> None:
        classes = np.random.default_rng(seed).integers(0, seed + 1, (region.h, region.w)).astype(np.uint8)
        before = self.pixels.copy()
        changed = self.edit.predict(region, classes)
        inside = region.intersected(WHOLE)
        old = self.pixels[inside.slices_in(WHOLE)]
        np.copyto(old, classes[inside.slices_in(region)], where=old < MANUAL)
        self.touched |= not np.array_equal(before, self.pixels)
        self.differs_only_in(changed, before)

    @precondition(lambda self: self.edit is not None)
    @rule(region=regions, seed=st.integers(0, 3), everywhere=st.booleans())
    def accept(self, region: Region, seed: int, everywhere: bool) -> None:
        where = np.random.default_rng(seed).random((region.h, region.w)) < seed / 3
        before = self.pixels.copy()
        changed = self.edit.accept(region) if everywhere else self.edit.accept(region, where)
        inside = region.intersected(WHOLE)
        found = self.pixels[inside.slices_in(WHOLE)]
        found[(found != 0) & (where[inside.slices_in(region)] | everywhere)] |= MANUAL
        self.touched |= not np.array_equal(before, self.pixels)
        self.differs_only_in(changed, before)

    @rule()
    def commit(self) -> None:
        if self.edit is not None:
            self.edit.commit()
        self.model_commit()

    @rule()
    def rollback(self) -> None:
        if self.edit is not None:
            before = self.pixels.copy()
            changed = self.edit.rollback()
            self.pixels = self.saved.copy()
            self.differs_only_in(changed, before)
        self.edit, self.touched = None, False

    @rule()
    def undo(self) -> None:
        self.turn(self.mask.undo, by=1)

    @rule()
    def redo(self) -> None:
        self.turn(self.mask.redo, by=-1)

    @rule(share=st.floats(0, 1))
    def jump(self, share: float) -> None:
        """To any edit that is done or undone, or before the first."""
        self.commit()
        places = [0, *(edit[1] for edit in self.done), *(edit[1] for edit in reversed(self.undone))]
        place = round(share * (len(places) - 1))
        self.turn(lambda: self.mask.jump(places[place]), by=len(self.done) - place)

    def turn(self, change: Callable[[], Region], by: int) -> None:
        """Model and mask go back by so many edits, or forth."""
        if self.disk_is_full:
            with suppress(UserError):
                assert change().is_empty, "nothing was there to be taken back"
            self.model_commit()
            return
        changed = change()
        self.model_commit()
        before = self.pixels
        for _ in range(by):
            if self.done:
                self.undone.append(self.done.pop())
                self.saved = self.undone[-1][2]
        for _ in range(-by):
            if self.undone:
                self.done.append(self.undone.pop())
                self.saved = self.done[-1][3]
        self.pixels = self.saved.copy()
        self.differs_only_in(changed, before)

    @precondition(lambda self: not self.disk_is_full)
    @rule()
    def reopen(self) -> None:
        self.mask.close()
        self.model_commit()
        self.held.clear()
        self.open_mask()

    @precondition(lambda self: not self.disk_is_full)
    @rule()
    def fill_disk(self) -> None:
        self.mask.flush()
        self.in_file = (self.saved, self.done.copy(), self.undone.copy())
        self.disk_is_full = True

    @precondition(lambda self: self.disk_is_full)
    @rule()
    def free_disk(self) -> None:
        """Nothing was lost meanwhile, and all comes to the file in its order."""
        self.disk_is_full = False
        self.mask.retry()

    @rule()
    def crash(self) -> None:
        """Goes on with a copy of the files as they were in that moment."""
        if self.disk_is_full:
            self.saved, self.done, self.undone = self.in_file
            self.disk_is_full = False
            self.mask._journal._writer.give_up()
        else:
            self.mask.flush()
        copied = self.path.with_name("copied.sqlite")
        for suffix in ("", "-journal"):
            source, target = (path.with_name(path.name + suffix) for path in (self.path, copied))
            target.unlink(missing_ok=True)
            if source.exists():
                shutil.copyfile(source, target)
        self.mask.close(discard=True)
        self.path.with_name(self.path.name + "-journal").unlink(missing_ok=True)
        for suffix in ("", "-journal"):
            if (source := copied.with_name(copied.name + suffix)).exists():
                source.replace(self.path.with_name(self.path.name + suffix))
        self.pixels = self.saved.copy()
        self.edit, self.touched = None, False
        self.held.clear()
        self.open_mask()

    @rule(key=st.sampled_from(list(tiles_covering(WHOLE))))
    def hold(self, key: TileKey) -> None:
        """As the overlay does: a view keeps the array alive, and has to see all that follows."""
        tile = self.mask.tile(key)
        if tile is not None:
            self.held[key] = tile[:]

    @rule(key=st.sampled_from(list(tiles_covering(WHOLE))))
    def let_go(self, key: TileKey) -> None:
        self.held.pop(key, None)

    @rule(level=st.integers(1, 2))
    def look_at_overview(self, level: int) -> None:
        expected = self.pixels
        for _ in range(level):
            expected = halved_by_tiles(expected)
        whole = Region(0, 0, expected.shape[1], expected.shape[0])
        self.mask.refresh_overviews(60, tiles_covering(whole, level))
        for key in tiles_covering(whole, level):
            part = key.level_region().intersected(whole)
            tile = self.mask.overview_tile(key)
            there = np.zeros((part.h, part.w)) if tile is None else tile[part.slices_in(key.level_region())]
            assert np.array_equal(there, expected[part.slices_in(whole)])

    @invariant()
    def same_pixels(self) -> None:
        assert np.array_equal(self.mask.read(WHOLE), self.pixels)
        for key, view in self.held.items():
            part = key.level_region().intersected(WHOLE)
            assert np.array_equal(view[part.slices_in(key.level_region())], self.pixels[part.slices_in(WHOLE)])
            assert self.mask.tile(key) is view.base

    @invariant()
    def same_history(self) -> None:
        assert self.mask.can_undo == (self.touched or bool(self.done))
        assert self.mask.can_redo == (not self.touched and bool(self.undone))
        last = self.done[-1][0] if self.done else ""
        assert self.mask.undo_text == (self.tool if self.touched else last)
        assert self.mask.redo_text == (self.undone[-1][0] if self.undone and not self.touched else "")
        states = [edit.state for edit in self.mask.edits()]
        assert states.count(EditState.DONE) == len(self.done)
        assert states.count(EditState.UNDONE) == len(self.undone)

    def differs_only_in(self, region: Region, before: np.ndarray) -> None:
        rows, cols = np.nonzero(before != self.pixels)
        if rows.size:
            assert region.x <= cols.min()
            assert cols.max() < region.right
            assert region.y <= rows.min()
            assert rows.max() < region.bottom


MaskMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
test_any_order_of_events_is_as_in_the_plain_model = MaskMachine.TestCase


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mask.sqlite"


def open_mask(path: Path) -> Mask:
    return Mask.open(path, (WHOLE.w, WHOLE.h))


def noise(mask: Mask) -> np.ndarray:
    """An open edit too large for the little room a full disk has left."""
    mask.begin("segment").predict(WHOLE, np.random.default_rng(0).integers(0, 9, (WHOLE.h, WHOLE.w), np.uint8))
    return mask.read(WHOLE)


def fill_disk(mask: Mask) -> None:
    mask._store._db.execute("PRAGMA max_page_count = 1")  # SQLite raises it to what is in use


def free_disk(mask: Mask) -> None:
    mask._store._db.execute("PRAGMA max_page_count = 1000000")


def test_a_full_disk_loses_nothing(path):
    mask = open_mask(path)
    mask.begin("brush").paint(SPOT, EVERYWHERE, 1)
    saved = mask.read(WHOLE) if mask.begin("segment") else None
    mask.flush()
    fill_disk(mask)
    pixels = noise(mask)
    for attempt in (mask.undo, mask.close, lambda: mask.begin("brush")):
        with pytest.raises(UserError, match="disk is full"):
            attempt()
    assert np.array_equal(mask.read(WHOLE), pixels)
    with open_mask(path) as reader:
        assert np.array_equal(reader.read(WHOLE), saved)
    free_disk(mask)
    mask.close()
    with open_mask(path) as mask:
        assert np.array_equal(mask.read(WHOLE), pixels)
        assert [edit.tool for edit in mask.edits()] == ["brush", "segment"]


def test_what_a_full_disk_does_not_take_can_be_given_up(path):
    mask = open_mask(path)
    edit = mask.begin("brush")
    edit.paint(SPOT, EVERYWHERE, 1)
    edit.commit()
    mask.flush()
    fill_disk(mask)
    before = mask.read(WHOLE)
    noise(mask)
    with pytest.raises(UserError, match="disk is full"):
        mask.close()
    mask.close(discard=True)
    with open_mask(path) as mask:
        assert np.array_equal(mask.read(WHOLE), before)
        assert [edit.tool for edit in mask.edits()] == ["brush"]


def test_a_read_only_file_can_be_looked_at_and_says_so_when_painted(path):
    with open_mask(path) as mask:
        mask.begin("brush").paint(SPOT, EVERYWHERE, 1)
    mask = open_mask(path)
    mask._store._db.execute("PRAGMA query_only = 1")
    assert mask.read(SPOT).all()
    edit = mask.begin("eraser")
    edit.paint(SPOT, EVERYWHERE, 0)
    edit.commit()
    with pytest.raises(UserError, match="cannot be written"):
        mask.flush()
    mask.close(discard=True)


def test_two_programs_cannot_write_over_each_other(path):
    with open_mask(path) as mask:
        mask.begin("brush").paint(Region(0, 0, 30, 30), EVERYWHERE, 1)
    first = open_mask(path)
    with open_mask(path) as second:
        second.begin("brush").paint(SPOT, EVERYWHERE, 2)
    with pytest.raises(UserError, match="changed by another program"):
        first.undo()
    assert first.read(Region(0, 0, 30, 30)).all()
    first.begin("brush").paint(SPOT, EVERYWHERE, 1)
    with pytest.raises(UserError, match="changed by another program"):
        first.close()
    first.close(discard=True)
    with open_mask(path) as mask:
        assert (mask.read(SPOT) == 2 | MANUAL).all()


def test_leaving_by_an_error_takes_back_the_unfinished_edit(path):
    def fail() -> None:
        with open_mask(path) as mask:
            mask.begin("brush").paint(SPOT, EVERYWHERE, 1)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with open_mask(path) as mask:
        assert not mask.read(WHOLE).any()
        assert mask.edits() == []


@pytest.mark.parametrize("class_id", [1, 2])
def test_redo_with_an_edit_open_keeps_that_edit(path, class_id):
    """It replaces the undone one when it changed something; then there is nothing to redo."""
    with open_mask(path) as mask:
        mask.begin("brush").paint(SPOT, EVERYWHERE, 1)
        mask.undo()
        mask.begin("brush").paint(SPOT, EVERYWHERE, class_id)
        assert mask.redo().is_empty
        assert (mask.read(SPOT) == class_id | MANUAL).all()


def test_undone_edits_stay_listed_when_a_new_one_replaces_them(path):
    with open_mask(path) as mask:
        mask.begin("brush").paint(SPOT, EVERYWHERE, 1)
        mask.undo()
        mask.begin("eraser").paint(SPOT, EVERYWHERE, 0)
    with open_mask(path) as mask:
        assert [(edit.tool, edit.state) for edit in mask.edits()] == [
            ("brush", EditState.ABANDONED),
            ("eraser", EditState.DONE),
        ]
        assert not mask.can_redo
        assert mask.redo().is_empty
        assert mask._store._db.execute("SELECT DISTINCT seq FROM edit_tiles").fetchall() == [(2,)]


def dabs(mask: Mask, count: int) -> list[NDArray[np.uint8]]:
    """So many strokes, and the pixels before the first and after each."""
    states = [mask.read(WHOLE)]
    for number in range(count):
        edit = mask.begin("brush")
        edit.paint(Region(number * 37 % 1290, number * 23 % 690, 40, 40), np.ones((40, 40), bool), number % 5)
        edit.commit()
        states.append(mask.read(WHOLE))
    return states


def statements(mask: Mask) -> list[str]:
    """What the database is asked from now on."""
    mask.flush()
    seen: list[str] = []
    mask._store._db.set_trace_callback(seen.append)
    return seen


def test_a_jump_over_many_edits_is_one_transaction_and_reads_each_tile_once(path, monkeypatch):
    with open_mask(path) as mask:
        states = dabs(mask, 60)
        seen = statements(mask)
        loads: list[TileKey] = []
        load = mask._tiles._load
        monkeypatch.setattr(mask._tiles, "_load", lambda key: (loads.append(key), load(key))[1])
        for number in (10, 45, 0, 60, 59):
            mask.jump(number)
            mask.flush()
            assert np.array_equal(mask.read(WHOLE), states[number])
        assert seen.count("COMMIT") == 5
        assert len(loads) <= 5 * len(list(tiles_covering(WHOLE)))
        assert mask.jump(59).is_empty
    with open_mask(path) as mask:
        assert np.array_equal(mask.read(WHOLE), states[59])
        for number in (60, 3, 30):
            mask.jump(number)
            assert np.array_equal(mask.read(WHOLE), states[number])


def test_who_asks_for_the_history_asks_no_database(path):
    with open_mask(path) as mask:
        dabs(mask, 5)
        mask.undo()
        seen = statements(mask)
        assert (mask.can_undo, mask.can_redo, mask.undo_text, mask.redo_text) == (True, True, "brush", "brush")
        assert [edit.seq for edit in mask.edits()] == [1, 2, 3, 4, 5]
        assert mask.unfinished_run is None
        assert seen == []


def test_an_edit_that_was_replaced_cannot_come_back(path):
    with open_mask(path) as mask:
        dabs(mask, 2)
        mask.undo()
        mask.begin("eraser").paint(SPOT, EVERYWHERE, 0)
        before = mask.read(WHOLE)
        with pytest.raises(UserError, match="cannot come back"):
            mask.jump(2)
        with pytest.raises(UserError, match="cannot come back"):
            mask.jump(99)
        assert np.array_equal(mask.read(WHOLE), before)
        mask.jump(1)
        assert [edit.state for edit in mask.edits()] == [EditState.DONE, EditState.ABANDONED, EditState.UNDONE]


def test_a_stroke_begins_only_when_the_one_before_is_on_disk(path):
    with open_mask(path) as mask:
        for number in range(5):
            mask.begin("brush").paint(Region(40 * number, 0, 30, 30), EVERYWHERE, 1)
            mask.commit()
            mask.begin("brush")
            assert mask.is_saved
            with open_mask(path) as reader:
                assert len(reader.edits()) == number + 1


def test_all_is_written_though_nobody_closes_the_mask(path):
    """And the program ends."""
    program = (
        "import sys; from pathlib import Path; import numpy as np; from bcseg_gui.core.geometry import Region;"
        "from bcseg_gui.core.masks import Mask; mask = Mask.open(Path(sys.argv[1]), (1300, 700));"
        "mask.begin('brush').paint(Region(0, 0, 9, 9), np.ones((9, 9), bool), 1); mask.commit()"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-c", program, str(path)], check=True, timeout=LIMIT, env=environment)
    with open_mask(path) as mask:
        assert mask.read(Region(0, 0, 9, 9)).all()


def test_what_waits_is_kept_packed_and_in_order(path):
    mask = open_mask(path)
    told: list[str] = []
    mask.listen(lambda error: told.append(str(error)), lambda: told.append("saved"))
    dabs(mask, 3)
    mask.flush()
    told.clear()
    fill_disk(mask)
    noise(mask)
    expected = [dabs(mask, 5)[-1] for _ in range(3)][-1]
    with pytest.raises(UserError, match="disk is full"):
        mask.flush()
    assert len(told) == 1
    assert mask._journal._writer.backlog < 4_000_000
    assert np.array_equal(mask.read(WHOLE), expected)
    free_disk(mask)
    mask.retry()
    mask.close()
    assert told[1:] == ["saved"]
    with open_mask(path) as mask:
        assert np.array_equal(mask.read(WHOLE), expected)
        assert [edit.tool for edit in mask.edits()] == ["brush"] * 3 + ["segment"] + ["brush"] * 15
