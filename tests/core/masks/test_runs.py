"""Segmentation runs: what is finished stays, however the program ends, and the run can be taken up again."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region, TileKey, tiles_covering
from bcseg_gui.core.masks import CLASS_BITS, MANUAL, EditState, Mask, Run
from bcseg_gui.core.masks.pyramid import halved
from bcseg_gui.core.masks.storage import tiles

SIZE = (1300, 700)
WHOLE = Region(0, 0, *SIZE)
BLOCKS = tuple(
    Region(x, y, min(300, 1300 - x), min(300, 700 - y)) for y in range(0, 700, 300) for x in range(0, 1300, 300)
)


def found(block: Region, settings: str) -> np.ndarray:
    """What the run with these settings finds in a block."""
    rows, cols = np.ogrid[block.y : block.bottom, block.x : block.right]
    return ((rows // 17 + cols // 13 + len(settings)) % 3).astype(np.uint8)


def finish(edit, block: Region) -> None:
    """As the model does: drafts first, then what counts."""
    edit.predict(block, np.full((block.h, block.w), 5, np.uint8))
    edit.predict(block, found(block, edit.settings))
    edit.finish_block(block)


def overview_from_scratch(pixels: np.ndarray, key: TileKey) -> np.ndarray:
    for _ in range(key.level):
        padded = np.pad(pixels, ((0, -pixels.shape[0] % 512), (0, -pixels.shape[1] % 512)))
        pixels = np.block(
            [
                [halved(tile) for tile in np.hsplit(row, row.shape[1] // 512)]
                for row in np.vsplit(padded, len(padded) // 512)
            ]
        )
    padded = np.pad(pixels, ((0, -pixels.shape[0] % 512), (0, -pixels.shape[1] % 512)))
    place = key.level_region()
    return padded[place.y : place.bottom, place.x : place.right]


class RunMachine(RuleBasedStateMachine):
    """Any order of blocks, strokes, undo, cancel, reopening and crashes leaves what the plain model says."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(tiles, "TILES_KEPT", 2)
        self.patch.setattr("bcseg_gui.core.masks.mask.OVERVIEWS_KEPT_BACK", 1)
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "mask.sqlite"

    @initialize()
    def open_it(self) -> None:
        self.mask = Mask.open(self.path, SIZE)
        self.edit = None
        self.pixels = np.zeros((WHOLE.h, WHOLE.w), np.uint8)
        self.saved = self.pixels.copy()
        self.run: Run | None = None
        self.done: list[tuple[bool, np.ndarray, np.ndarray]] = []  # predicted, before, after
        self.undone: list[tuple[bool, np.ndarray, np.ndarray]] = []
        self.stretch = False

    def teardown(self) -> None:
        if hasattr(self, "mask"):
            self.mask.close()
        self.folder.cleanup()
        self.patch.undo()

    def write(self, block: Region | None = None) -> None:
        """The open edit is written as far as it goes."""
        changed = not np.array_equal(self.pixels, self.saved)
        if self.settings is not None and (changed or block):
            if self.run is None or self.run.settings != self.settings:
                self.run = Run(self.settings, ())
            if block:
                self.run = Run(self.settings, tuple({*self.run.finished, block}))
        elif changed and self.predicted:
            self.run = None
        if changed:
            self.undone.clear()
            if self.stretch:
                self.done[-1] = (self.predicted, self.done[-1][1], self.pixels.copy())
            else:
                self.done.append((self.predicted, self.saved, self.pixels.copy()))
            self.stretch = True
            self.saved = self.pixels.copy()

    def close_edit(self) -> None:
        if self.edit is not None:
            self.write()
        self.edit, self.stretch = None, False

    def model_predict(self, block: Region, classes: np.ndarray) -> None:
        old = self.pixels[block.slices_in(WHOLE)]
        self.predicted |= bool(((old != classes) & (old < MANUAL)).any())
        np.copyto(old, classes, where=old < MANUAL)

    @rule(settings=st.sampled_from(["a", "bb"]))
    def begin_run(self, settings: str) -> None:
        self.close_edit()
        self.edit, self.settings, self.predicted = self.mask.begin_run(settings), settings, False

    @precondition(lambda self: self.edit is not None and self.settings is not None)
    @rule(block=st.sampled_from(BLOCKS))
    def finish_block(self, block: Region) -> None:
        finish(self.edit, block)
        self.model_predict(block, np.full((block.h, block.w), 5, np.uint8))
        self.model_predict(block, found(block, self.settings))
        self.write(block)

    @precondition(lambda self: self.edit is not None)
    @rule(block=st.sampled_from(BLOCKS), seed=st.integers(0, 2))
    def predict_a_part(self, block: Region, seed: int) -> None:
        where = np.random.default_rng(seed).random((block.h, block.w)) < 0.5
        classes = np.full((block.h, block.w), seed, np.uint8)
        self.edit.predict(block, classes, where)
        self.model_predict(block, np.where(where, classes, self.pixels[block.slices_in(WHOLE)] & CLASS_BITS))

    @rule(block=st.sampled_from(BLOCKS), class_id=st.integers(0, 2))
    def stroke(self, block: Region, class_id: int) -> None:
        self.close_edit()
        edit = self.mask.begin("brush")
        self.settings, self.predicted = None, False
        middle = block.grown(-30)
        edit.paint(middle, np.ones((middle.h, middle.w), bool), class_id)
        edit.commit()
        self.pixels[middle.slices_in(WHOLE)] = class_id | MANUAL
        self.write()
        self.stretch = False

    @rule()
    def begin_outside_runs(self) -> None:
        self.close_edit()
        self.edit, self.settings, self.predicted = self.mask.begin("segment"), None, False

    @precondition(lambda self: self.edit is not None)
    @rule()
    def cancel(self) -> None:
        self.edit.rollback()
        self.pixels = self.saved.copy()
        self.edit, self.stretch = None, False

    @rule()
    def end_run(self) -> None:
        self.mask.end_run()
        self.close_edit()
        self.run = None

    @rule()
    def undo(self) -> None:
        self.mask.undo()
        self.close_edit()
        if self.done:
            self.undone.append(self.done.pop())
            self.turned(self.undone[-1][0], self.undone[-1][1])

    @rule()
    def redo(self) -> None:
        self.mask.redo()
        self.close_edit()
        if self.undone:
            self.done.append(self.undone.pop())
            self.turned(self.done[-1][0], self.done[-1][2])

    def turned(self, predicted: bool, pixels: np.ndarray) -> None:
        if predicted:
            self.run = None
        self.saved = pixels
        self.pixels = pixels.copy()

    @rule()
    def reopen(self) -> None:
        self.mask.close()
        self.close_edit()
        self.mask = Mask.open(self.path, SIZE)

    @rule()
    def crash(self) -> None:
        self.mask.flush()
        self.mask.close(discard=True)
        self.pixels = self.saved.copy()
        self.edit, self.stretch = None, False
        self.mask = Mask.open(self.path, SIZE)

    @rule(level=st.integers(1, 2), all_of_it=st.booleans())
    def look_at_overviews(self, level: int, all_of_it: bool) -> None:
        if not all_of_it:  # left after the first steps, as by a timer
            self.mask.refresh_overviews(0)
            self.mask.refresh_overviews(0, [TileKey(2, 0, 0)])
            return
        while not self.mask.refresh_overviews(60).is_empty:
            pass
        assert not self.mask.overviews_stale
        for key in tiles_covering(Region(0, 0, SIZE[0] >> level, SIZE[1] >> level), level):
            tile = self.mask.overview_tile(key)
            assert np.array_equal(
                np.zeros((512, 512)) if tile is None else tile, overview_from_scratch(self.pixels, key)
            )

    @invariant()
    def same_pixels(self) -> None:
        assert np.array_equal(self.mask.read(WHOLE), self.pixels)
        assert len(self.mask._tiles._recent) <= 2

    @invariant()
    def same_run(self) -> None:
        run = self.mask.unfinished_run
        assert (run is None) == (self.run is None)
        if run is not None:
            assert run.settings == self.run.settings
            assert set(run.finished) == set(self.run.finished)

    @invariant()
    def same_history(self) -> None:
        states = [edit.state for edit in self.mask.edits()]
        assert states.count(EditState.DONE) == len(self.done)
        assert states.count(EditState.UNDONE) == len(self.undone)

    @invariant()
    def overviews_in_the_file_show_what_it_holds(self) -> None:
        store = self.mask._store
        self.mask.flush()
        for place in store.tile_places():
            key = TileKey(*place)
            if key.level:
                tile = store.load(key)
                expected = overview_from_scratch(self.saved, key)
                assert np.array_equal(np.zeros((512, 512)) if tile is None else tile, expected)


RunMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
test_any_order_of_events_is_as_in_the_plain_model = RunMachine.TestCase


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mask.sqlite"


def run_to_the_end(path: Path, stop_after: int = len(BLOCKS)) -> None:
    """Take up the run, or begin it; as after a crash when stopped before the end."""
    mask = Mask.open(path, SIZE)
    run = mask.unfinished_run
    due = [block for block in BLOCKS if run is None or block not in run.finished]
    edit = mask.begin_run("a")
    for block in due[:stop_after]:
        finish(edit, block)
    if stop_after < len(due):
        edit.predict(due[stop_after], np.full((due[stop_after].h, due[stop_after].w), 7, np.uint8))
        mask.flush()
        mask.close(discard=True)
        return
    mask.end_run()
    mask.close()


@pytest.mark.parametrize("stop_after", range(len(BLOCKS)))
def test_a_run_interrupted_at_any_block_ends_with_the_same_mask(path, stop_after):
    run_to_the_end(path, stop_after)
    with Mask.open(path, SIZE) as mask:
        assert len(mask.unfinished_run.finished if mask.unfinished_run else ()) == stop_after
        assert not (mask.read(WHOLE) == 7).any()
    run_to_the_end(path)
    with Mask.open(path, SIZE) as mask:
        assert np.array_equal(mask.read(WHOLE), found(WHOLE, "a"))
        assert mask.unfinished_run is None
        assert len(mask.edits()) == 1 + (stop_after > 0)


def test_a_stretch_is_one_step_back_to_what_was_there_before_it(path):
    with Mask.open(path, SIZE) as mask:
        mask.begin("segment").predict(WHOLE, np.full((WHOLE.h, WHOLE.w), 4, np.uint8))
        edit = mask.begin_run("a", model="tiny", author="Ada")
        for block in BLOCKS:  # a tile is touched by several of them
            finish(edit, block)
        assert [(record.tool, record.model, record.author) for record in mask.edits()[1:]] == [
            ("segment", "tiny", "Ada")
        ]
        mask.undo()
        assert (mask.read(WHOLE) == 4).all()
        assert mask.unfinished_run is None
        mask.redo()
        assert np.array_equal(mask.read(WHOLE), found(WHOLE, "a"))
        assert mask.unfinished_run is None


def test_undoing_a_stroke_leaves_the_run_as_it_is(path):
    with Mask.open(path, SIZE) as mask:
        finish(mask.begin_run("a"), BLOCKS[0])
        mask.begin("brush").paint(BLOCKS[1], np.ones((BLOCKS[1].h, BLOCKS[1].w), bool), 1)
        mask.undo()
        assert mask.unfinished_run == Run("a", BLOCKS[:1])


def test_a_run_with_other_settings_that_writes_nothing_leaves_the_older_one(path):
    with Mask.open(path, SIZE) as mask:
        finish(mask.begin_run("a"), BLOCKS[0])
        edit = mask.begin_run("other")
        edit.predict(BLOCKS[1], found(BLOCKS[1], "other"))
        edit.rollback()
        assert mask.unfinished_run == Run("a", BLOCKS[:1])
        finish(mask.begin_run("other"), BLOCKS[1])
        assert mask.unfinished_run == Run("other", BLOCKS[1:2])


def test_a_block_in_which_nothing_is_found_is_finished_and_no_step_to_undo(path):
    with Mask.open(path, SIZE) as mask:
        edit = mask.begin_run("a")
        edit.finish_block(BLOCKS[0])
        edit.commit()
        assert not mask.can_undo
    with Mask.open(path, SIZE) as mask:
        assert mask.unfinished_run == Run("a", BLOCKS[:1])
        assert mask.edits() == []


def test_a_full_disk_leaves_the_run_visible_and_the_next_block_writes_all(path):
    with Mask.open(path, SIZE) as mask:
        edit = mask.begin_run("a")
        finish(edit, BLOCKS[0])
        noise = np.random.default_rng(0).integers(0, 9, (300, 300), np.uint8)
        edit.predict(BLOCKS[1], noise)
        mask._store._db.execute("PRAGMA max_page_count = 1")  # SQLite raises it to what is in use
        with pytest.raises(UserError, match="disk is full"):
            edit.finish_block(BLOCKS[1])
        assert edit.is_open
        assert np.array_equal(mask.read(BLOCKS[1]), noise)
        with Mask.open(path, SIZE) as reader:
            assert reader.unfinished_run == Run("a", BLOCKS[:1])
        mask._store._db.execute("PRAGMA max_page_count = 1000000")
        finish(edit, BLOCKS[2])
        assert set(mask.unfinished_run.finished) == set(BLOCKS[:3])
        mask.undo()
        assert not mask.read(WHOLE).any()


def test_a_block_outside_a_run_is_a_mistake(path):
    with Mask.open(path, SIZE) as mask, pytest.raises(RuntimeError, match="run"):
        mask.begin("segment").finish_block(BLOCKS[0])


def test_another_program_that_writes_meanwhile_is_noticed(path):
    other = Mask.open(path, SIZE)
    with Mask.open(path, SIZE) as mask:
        edit = mask.begin_run("a")
        finish(edit, BLOCKS[0])
        with pytest.raises(UserError, match="changed by another program"):
            other.begin_run("a").finish_block(BLOCKS[1])
        other.close(discard=True)


def test_nothing_of_what_is_written_stays_in_memory(path, monkeypatch):
    monkeypatch.setattr(tiles, "TILES_KEPT", 4)
    side = 8192
    with Mask.open(path, (side, side)) as mask:
        edit = mask.begin_run("a")
        for y in range(0, side, 1024):
            for x in range(0, side, 1024):
                finish(edit, Region(x, y, 1024, 1024))
                mask.refresh_overviews(0.001)
                kept = mask._tiles
                assert not edit._before
                assert len(kept._packed) + len(kept._finished) < 140
                assert len(kept._recent) <= 4


WORKER = """
import sys
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from test_runs import BLOCKS, SIZE, Mask, finish

with Mask.open(Path(sys.argv[1]), SIZE) as mask:
    run = mask.unfinished_run
    edit = mask.begin_run("a")
    for block in BLOCKS:
        if run is None or block not in run.finished:
            finish(edit, block)
            print("finished", flush=True)
    mask.end_run()
    print("end", flush=True)
"""


def test_a_run_killed_again_and_again_ends_with_the_same_mask(path):
    moments = np.random.default_rng()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    arguments = [sys.executable, "-c", WORKER, str(path), str(Path(__file__).parent)]
    promised = 0
    while True:
        worker = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment)
        assert worker.stdout is not None
        lines = [worker.stdout.readline() for _ in range(moments.integers(1, 6))]
        worker.kill()
        rest, _ = worker.communicate()
        said = "".join(lines) + rest
        promised += said.count("finished")
        with Mask.open(path, SIZE) as mask:
            run = mask.unfinished_run
            if run is None:
                break
            # The last one may be written and not yet announced.
            assert len(run.finished) in (promised, promised + 1)
            promised = len(run.finished)
            for block in run.finished:
                assert np.array_equal(mask.read(block), found(block, "a"))
    with Mask.open(path, SIZE) as mask:
        assert promised in (len(BLOCKS), len(BLOCKS) - 1)
        assert np.array_equal(mask.read(WHOLE), found(WHOLE, "a"))


def as_schema_1(path: Path) -> None:
    """The file as the version before wrote it: no runs, tiles as zlib streams, both sides of every edit."""
    import zlib

    from bcseg_gui.core.masks.storage.packing import unpack

    with closing(sqlite3.connect(path)) as db:
        for table, column in (("tiles", "data"), ("edit_tiles", "before"), ("edit_tiles", "after")):
            for number, data in db.execute(f"SELECT rowid, {column} FROM {table}").fetchall():
                old = zlib.compress(unpack(data).data, 1) if data else b""
                db.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (old, number))
        db.execute("ALTER TABLE edits DROP COLUMN predicted")
        db.execute("DROP TABLE run")
        db.execute("DROP TABLE run_blocks")
        db.execute("UPDATE meta SET schema = 1")
        db.commit()


def test_a_mask_of_the_version_before_is_read_as_it_is_and_upgraded_when_written(path):
    with Mask.open(path, SIZE) as mask:
        mask.begin("segment", model="tiny").predict(WHOLE, found(WHOLE, "a"))
    as_schema_1(path)
    content = path.read_bytes()
    with Mask.open(path, SIZE) as mask:
        assert np.array_equal(mask.read(WHOLE), found(WHOLE, "a"))
        assert mask.unfinished_run is None
        edit = mask.begin("segment")
        edit.predict(WHOLE, np.full((WHOLE.h, WHOLE.w), 5, np.uint8))
        edit.predict(WHOLE, found(WHOLE, "a"))
        assert edit.commit().is_empty, "the same pixels, packed otherwise, are no change"
    assert path.read_bytes() == content
    with Mask.open(path, SIZE) as mask:
        finish(mask.begin_run("bb"), BLOCKS[0])
        assert mask.unfinished_run == Run("bb", BLOCKS[:1])
        mask.undo()
        assert np.array_equal(mask.read(WHOLE), found(WHOLE, "a"))
        finish(mask.begin_run("bb"), BLOCKS[0])
        mask.undo()
        mask.undo()
        assert not mask.read(WHOLE).any()
        mask.redo()
        assert np.array_equal(mask.read(WHOLE), found(WHOLE, "a"))
