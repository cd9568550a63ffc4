"""Whatever happens to a mask's file: what is recovered is as it was, and what is undone was done."""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import TILE_SIZE, Region, TileKey
from bcseg_gui.core.masks import EditRecord, EditState, Mask
from bcseg_gui.core.masks.failures import DamagedMaskError
from bcseg_gui.core.masks.storage.packing import pack
from bcseg_gui.core.masks.storage.pending import Pending
from bcseg_gui.core.masks.storage.recovery import examine, recover
from bcseg_gui.core.tools.brush import stroke_segment

SIZE = (3000, 2500)
WHOLE = Region(0, 0, *SIZE)
STROKES = 40
Damage = Callable[[bytearray], None]


def paint(mask: Mask, random: np.random.Generator) -> None:
    x, y = random.integers(0, SIZE[0]), random.integers(0, SIZE[1])
    edit = mask.begin("brush", author="Ada", class_id=int(random.integers(0, 4)))
    region, where = stroke_segment((x, y), (x + 300, y + 200), float(random.integers(3, 60)))
    # Ragged, so that tiles are long enough to go on in other pages.
    edit.paint(region, where & (random.random(where.shape) < 0.7), edit.class_id)
    edit.commit()


class Original:
    """A mask after many strokes; the last ones are taken back. `states[n]`: after the n-th stroke.

    Before them lie a segmentation that was taken back and what came instead: its tiles are still in the file, on pages
    that are free.
    """

    def __init__(self, folder: Path) -> None:
        random = np.random.default_rng(7)
        path = folder / "mask.sqlite"
        with Mask.open(path, SIZE) as mask:
            mask._store._db.execute("PRAGMA secure_delete = OFF")  # some builds of SQLite wipe free pages
            for _ in range(2):
                segment = mask.begin("segment")
                segment.predict(WHOLE, (random.random((SIZE[1], SIZE[0])) < 0.3).astype(np.uint8))
                segment.commit()
                mask.flush()
                mask.undo()
            self.states = [mask.read(WHOLE)]
            for _ in range(STROKES):
                paint(mask, random)
                self.states.append(mask.read(WHOLE))
            mask.undo()
            mask.undo()
        self.data = path.read_bytes()
        self.now = self.states[STROKES - 2]
        tiles = (self.now[y : y + TILE_SIZE, x : x + TILE_SIZE] for x, y in corners())
        self.tiles = sum(bool(tile.any()) for tile in tiles)


def corners() -> list[tuple[int, int]]:
    return [(x, y) for y in range(0, SIZE[1], TILE_SIZE) for x in range(0, SIZE[0], TILE_SIZE)]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    return Original(tmp_path_factory.mktemp("original"))


def check(folder: Path, original: Original, data: bytes) -> int:
    """Recover a mask with this file, and compare; returns the number of tiles it has."""
    path = folder / "mask.sqlite"
    path.write_bytes(data)
    before = set(folder.iterdir())
    try:
        promised = examine(path, SIZE)
        done = recover(path, SIZE)
    except UserError:
        assert path.read_bytes() == data
        assert set(folder.iterdir()) == before, "nothing is left behind"
        return 0
    assert done.kept is not None
    assert done.kept.read_bytes() == data
    assert (promised.tiles, promised.lost, promised.edits) == (done.tiles, done.lost, done.edits)
    with Mask.open(path, SIZE) as mask:
        missing = differing(mask, original.now)
        assert done.tiles == original.tiles - len(missing)
        assert done.lost == len(missing) or (done.more_lost and done.lost < len(missing))
        turns = 0
        while mask.can_undo:
            mask.undo()
            turns += 1
            assert differing(mask, original.states[STROKES - 2 - turns]) <= missing
        while mask.can_redo:
            mask.redo()
            turns -= 1
        assert differing(mask, original.states[STROKES - 2 - turns]) <= missing
    return done.tiles


def differing(mask: Mask, expected: np.ndarray) -> set[tuple[int, int]]:
    """The tiles that are not as expected; they are empty."""
    found = set()
    pixels = mask.read(WHOLE)
    for x, y in corners():
        here = np.s_[y : y + TILE_SIZE, x : x + TILE_SIZE]
        if not np.array_equal(pixels[here], expected[here]):
            assert not pixels[here].any()
            found.add((x, y))
    return found


def no_header(data: bytearray) -> None:
    data[:100] = bytes(100)


def no_first_page(data: bytearray) -> None:
    data[:4096] = bytes(4096)


def cut_in_half(data: bytearray) -> None:
    del data[len(data) // 2 :]


def another_child(data: bytearray) -> None:
    """The page of the tiles leads to one that is not its own, and the index that would deny it is gone."""
    data[12_286:12_303] = data[:17]


def no_index_and_a_changed_tile(data: bytearray) -> None:
    data[12_288], data[61_630] = 0, data[61_630] ^ 0x53


def an_entry_of_the_index(data: bytearray) -> None:
    data[16_272] = 0x53


DAMAGES = [no_header, no_first_page, cut_in_half, another_child, no_index_and_a_changed_tile, an_entry_of_the_index]


@pytest.mark.parametrize("damage", DAMAGES)
def test_gross_damage(tmp_path: Path, original: Original, damage: Damage) -> None:
    data = bytearray(original.data)
    damage(data)
    found = check(tmp_path, original, bytes(data))
    if damage in (no_header, no_first_page):
        assert found == original.tiles


def test_without_its_first_page_the_whole_history_is_there(tmp_path: Path, original: Original) -> None:
    path = tmp_path / "mask.sqlite"
    path.write_bytes(bytes(4096) + original.data[4096:])
    with pytest.raises(DamagedMaskError) as caught:
        Mask.open(path, SIZE)
    assert caught.value.path == path
    assert recover(path, SIZE).edits == STROKES
    with Mask.open(path, SIZE) as mask:
        assert {edit.author for edit in mask.edits()[2:]} == {"Ada"}
        mask.redo()
        mask.redo()
        assert np.array_equal(mask.read(WHOLE), original.states[STROKES])
        for turn in range(STROKES):
            mask.undo()
            assert np.array_equal(mask.read(WHOLE), original.states[STROKES - 1 - turn])


@settings(max_examples=60)
@given(data=st.data())
def test_any_damage(tmp_path_factory: pytest.TempPathFactory, original: Original, data: st.DataObject) -> None:
    """Some ranges are overwritten, with noise or with other parts of the file; then it may be cut."""
    damaged = bytearray(original.data)
    size = len(damaged)
    for _ in range(data.draw(st.integers(0, 8))):
        start, length = data.draw(st.integers(0, size - 1)), data.draw(st.sampled_from([1, 2, 17, 512, 4096, 20_000]))
        end = min(size, start + length)
        if data.draw(st.booleans()):
            damaged[start:end] = np.random.default_rng(data.draw(st.integers(0, 2**32))).bytes(end - start)
        else:
            source = data.draw(st.integers(0, size - (end - start)))
            damaged[start:end] = damaged[source : source + end - start]
    if data.draw(st.booleans()):
        del damaged[data.draw(st.integers(0, size)) :]
    check(tmp_path_factory.mktemp("any"), original, bytes(damaged))


@pytest.fixture
def path(tmp_path: Path, original: Original) -> Path:
    path = tmp_path / "mask.sqlite"
    path.write_bytes(original.data)
    return path


def alter(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement, values)


def test_a_tile_that_is_no_longer_one_is_left_out_and_the_rest_is_there(path: Path, original: Original) -> None:
    alter(path, "UPDATE tiles SET data = x'421234' WHERE level = 0 AND row = 2 AND col = 2")
    with Mask.open(path, SIZE) as mask, pytest.raises(DamagedMaskError):
        mask.read(WHOLE)
    found = recover(path, SIZE)
    assert (found.tiles, found.lost, found.more_lost, found.edits) == (original.tiles - 1, 1, False, STROKES)
    with Mask.open(path, SIZE) as mask:
        assert differing(mask, original.now) == {(2 * TILE_SIZE, 2 * TILE_SIZE)}
        assert mask.overviews_stale


def test_undo_goes_back_to_where_an_edit_lacks_something(path: Path) -> None:
    alter(path, "UPDATE edit_tiles SET before = x'421234' WHERE seq = 22")
    assert recover(path, SIZE).edits == STROKES - 20
    with Mask.open(path, SIZE) as mask:
        edits = mask.edits()
        assert [edit.seq for edit in edits] == list(range(1, STROKES + 3)), "what was done stays listed"
        assert {edit.state for edit in edits[:22]} == {EditState.ABANDONED}
        assert {edit.state for edit in edits[22:-2]} == {EditState.DONE}
        assert {edit.state for edit in edits[-2:]} == {EditState.UNDONE}


def test_what_was_taken_back_cannot_come_back_when_it_lacks_something(path: Path) -> None:
    alter(path, "UPDATE edit_tiles SET after = x'421234' WHERE seq = ?", STROKES + 2)
    assert recover(path, SIZE).edits == STROKES - 1
    with Mask.open(path, SIZE) as mask:
        mask.redo()
        assert not mask.can_redo


def test_a_new_stroke_after_a_recovery_can_be_taken_back(path: Path, original: Original) -> None:
    recover(path, SIZE)
    with Mask.open(path, SIZE) as mask:
        paint(mask, np.random.default_rng(1))
        mask.undo()
        assert not differing(mask, original.now)


def test_a_mask_of_schema_1(path: Path, original: Original) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        for name in ("run", "run_blocks"):
            db.execute(f"DROP TABLE {name}")
        db.execute("ALTER TABLE edits DROP COLUMN predicted")
        db.execute("UPDATE edits SET tool = 'segment' WHERE seq = 5")
        db.execute("UPDATE meta SET schema = 1")
        for row, col, tile in db.execute("SELECT row, col, data FROM tiles WHERE level = 0").fetchall():
            x, y = col * TILE_SIZE, row * TILE_SIZE
            whole = np.zeros((TILE_SIZE, TILE_SIZE), np.uint8)
            part = original.now[y : y + TILE_SIZE, x : x + TILE_SIZE]
            whole[: part.shape[0], : part.shape[1]] = part
            db.execute(
                "UPDATE tiles SET data = ? WHERE level = 0 AND row = ? AND col = ?", (zlib.compress(whole), row, col)
            )
            assert tile != zlib.compress(whole)
    path.write_bytes(bytes(4096) + path.read_bytes()[4096:])
    found = recover(path, SIZE)
    assert (found.tiles, found.lost, found.edits) == (original.tiles, 0, STROKES)
    with Mask.open(path, SIZE) as mask:
        assert not differing(mask, original.now)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT seq FROM edits WHERE predicted").fetchall() == [(1,), (2,), (5,)]


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", bytes(100_000), b"These are no cells.\n" * 1000])
def test_where_nothing_can_be_read_everything_stays(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mask.sqlite"
    path.write_bytes(content)
    for attempt in (examine, recover):
        with pytest.raises(UserError, match="can be recovered"):
            attempt(path, SIZE)
    assert [left.name for left in tmp_path.iterdir()] == ["mask.sqlite"]
    assert path.read_bytes() == content


def test_a_mask_of_a_newer_version_stays_as_it_is(path: Path) -> None:
    alter(path, "UPDATE meta SET schema = 3")
    data = bytes(4096) + path.read_bytes()[4096:]
    path.write_bytes(data)
    with pytest.raises(UserError, match="newer version"):
        recover(path, SIZE)
    assert path.read_bytes() == data
    assert len(list(path.parent.iterdir())) == 1


def test_every_damaged_file_is_kept_with_its_journal(path: Path, original: Original) -> None:
    kept = set()
    for number in range(3):
        path.write_bytes(original.data + bytes([number]))
        (path.parent / "mask.sqlite-journal").write_bytes(b"old")
        done = recover(path, SIZE)
        assert done.kept is not None
        assert done.kept.name.startswith("mask-damaged-20")
        assert done.kept.read_bytes() == original.data + bytes([number])
        assert Path(f"{done.kept}-journal").read_bytes() == b"old"
        assert not (path.parent / "mask.sqlite-journal").exists()
        kept.add(done.kept)
    assert len(kept) == 3


def no_links(*_names: object) -> None:
    raise PermissionError


def test_a_drive_without_second_names(path: Path, original: Original, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", no_links)
    done = recover(path, SIZE)
    assert done.kept is not None
    assert done.kept.read_bytes() == original.data


def test_a_full_disk_changes_nothing(
    path: Path, original: Original, full_disk: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", no_links)
    full_disk(0)
    with pytest.raises(UserError, match="disk is full"):
        recover(path, SIZE)
    assert [left.name for left in path.parent.iterdir()] == ["mask.sqlite"]
    assert path.read_bytes() == original.data


def test_a_file_that_cannot_be_replaced_stays(path: Path, original: Original, monkeypatch: pytest.MonkeyPatch) -> None:
    (path.parent / "mask.sqlite-journal").write_bytes(b"old")
    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if target == path:
            raise PermissionError
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(UserError, match="another program has it open"):
        recover(path, SIZE)
    assert {left.name for left in path.parent.iterdir()} == {"mask.sqlite", "mask.sqlite-journal"}
    assert path.read_bytes() == original.data


def test_a_stroke_that_a_killed_program_had_noted_is_taken_up_after_the_recovery(
    path: Path, original: Original
) -> None:
    stroke = np.zeros((TILE_SIZE, TILE_SIZE), np.uint8)
    stroke[:100] = 129
    record = EditRecord(STROKES + 3, "2026-11-24T10:31:05.000", "Ada", "brush", 1, "", 0.5)
    Pending(path).note_edit(record, {TileKey(0, 0, 0): pack(stroke)})
    path.write_bytes(bytes(4096) + original.data[4096:])
    recover(path, SIZE)
    with Mask.open(path, SIZE, owns=True) as mask:
        assert np.array_equal(mask.read(Region(0, 0, TILE_SIZE, TILE_SIZE)), stroke)
        mask.undo()
        assert not differing(mask, original.now)
