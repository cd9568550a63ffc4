from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.masks.storage import maskfile
from bcseg_gui.core.masks.storage.packing import pack, unpack
from bcseg_gui.core.masks.storage.tilestore import TileStore

SIZE = (1300, 700)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mask.sqlite"


@pytest.fixture
def painted(path):
    """A mask file with something in it."""
    with Mask.open(path, SIZE) as mask:
        classes = np.random.default_rng(0).integers(0, 4, (700, 1300), np.uint8)
        mask.begin("segment").predict(Region(0, 0, *SIZE), classes)
    return path


def sql(path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(statement)
        db.commit()


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.sampled_from([1, 2, 256]), st.floats(0, 1))
def test_a_tile_survives_packing(seed, values, density):
    random = np.random.default_rng(seed)
    tile = random.integers(0, values, (512, 512)).astype(np.uint8) * (random.random((512, 512)) < density)
    assert np.array_equal(unpack(pack(tile)), tile)


def test_a_tile_of_zeros_is_not_stored(path):
    region = Region(0, 0, 600, 600)
    with Mask.open(path, SIZE) as mask:
        mask.begin("segment").predict(region, np.ones((600, 600), np.uint8))
        mask.begin("segment").predict(region, np.pad(np.ones((8, 8), np.uint8), ((0, 592), (0, 592))))
    with closing(TileStore(path, SIZE)) as store:
        assert store.tile_places() == [(0, 0, 0)]


def test_the_file_keeps_the_settings_that_make_it_safe(path):
    with closing(TileStore(path, SIZE)) as store:
        assert store._db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert [file.name for file in path.parent.iterdir()] == ["mask.sqlite"]


@pytest.mark.parametrize("content", [b"", b"not a mask\n" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_not_a_mask_is_refused_and_left_as_it_is(path, content):
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"mask\.sqlite” is damaged or not a mask"):
        Mask.open(path, SIZE)
    assert path.read_bytes() == content


def test_a_foreign_database_is_refused(path):
    sql(path, "CREATE TABLE songs (name)")
    with pytest.raises(UserError, match="not a mask"):
        Mask.open(path, SIZE)


def test_a_truncated_mask_is_refused_and_left_as_it_is(painted):
    content = painted.read_bytes()[: painted.stat().st_size // 2]
    painted.write_bytes(content)
    with pytest.raises(UserError, match="damaged"):
        Mask.open(painted, SIZE)
    assert painted.read_bytes() == content


@pytest.mark.parametrize("data", ["x'00'", "x'42'", "x'789c'", "'text'", "zeroblob(300000)", "substr(data, 1, 1000)"])
def test_a_damaged_tile_is_said_and_never_shown_as_empty(painted, data):
    sql(painted, f"UPDATE tiles SET data = {data} WHERE row = 0 AND col = 1")
    with Mask.open(painted, SIZE) as mask:
        assert mask.read(Region(0, 0, 512, 512)).any()
        with pytest.raises(UserError, match="damaged"):
            mask.read(Region(0, 0, *SIZE))


def test_a_newer_schema_is_refused(painted):
    sql(painted, "UPDATE meta SET schema = 3")
    with pytest.raises(UserError, match="newer version"):
        Mask.open(painted, SIZE)


def test_the_mask_of_a_picture_of_another_size_is_refused(painted):
    with pytest.raises(UserError, match="1300 × 700 pixels, but this one has 700 × 1300"):
        Mask.open(painted, (700, 1300))


def test_a_mask_in_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        Mask.open(tmp_path / "gone" / "mask.sqlite", SIZE)


def test_a_locked_file_is_said_and_the_edit_waits(painted, monkeypatch):
    monkeypatch.setattr(maskfile, "SECONDS_TO_WAIT", 0)
    with Mask.open(painted, SIZE) as mask, closing(sqlite3.connect(painted)) as other:
        edit = mask.begin("brush")
        edit.paint(Region(0, 0, 3, 3), np.ones((3, 3), bool), 5)
        other.execute("BEGIN EXCLUSIVE")
        edit.commit()
        with pytest.raises(UserError, match="in use by another program"):
            mask.flush()
        with pytest.raises(UserError, match="in use by another program"):
            Mask.open(painted, SIZE)
        other.rollback()
        assert not mask.is_saved
        mask.flush()
        assert mask.is_saved


def test_what_an_interrupted_creation_left_behind_does_no_harm(path):
    for name in ("mask.sqlite.new", "mask.sqlite.new-journal", "mask.sqlite-journal"):
        (path.parent / name).write_bytes(b"half written")
    with Mask.open(path, SIZE) as mask:
        assert not mask.read(Region(0, 0, *SIZE)).any()
    assert [file.name for file in path.parent.iterdir()] == ["mask.sqlite"]


def test_while_another_program_writes_the_mask_can_be_read_and_then_written(painted):
    with Mask.open(painted, SIZE) as mask, closing(sqlite3.connect(painted)) as other:
        other.execute("BEGIN IMMEDIATE")
        edit = mask.begin("brush")
        edit.paint(Region(0, 0, 3, 3), np.ones((3, 3), bool), 5)
        edit.commit()
        assert mask.read(Region(0, 0, *SIZE)).any(), "it was not in memory, and waits for nobody"
        assert not mask.is_saved
        other.rollback()
        mask.flush()
        assert mask.is_saved


def test_while_another_program_reads_the_mask_can_be_read_and_then_written(painted):
    told = []
    with Mask.open(painted, SIZE) as mask, closing(sqlite3.connect(painted)) as other:
        mask.listen(told.append, lambda: None)
        with closing(other.execute("SELECT * FROM tiles")) as rows:
            rows.fetchone()
            edit = mask.begin("brush")
            edit.paint(Region(0, 0, 3, 3), np.ones((3, 3), bool), 5)
            edit.commit()
            assert mask.read(Region(0, 0, *SIZE)).any(), "it was not in memory, and waits for nobody"
            assert not mask.is_saved
        mask.flush()
        assert not told


PAINTS_ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask

path, random = Path(sys.argv[1]), np.random.default_rng(0)
with Mask.open(path, (4096, 4096), owns=True) as mask:
    mask.listen(lambda error: None, lambda: None)
    for free in (resource.RLIM_INFINITY, 20_000, 20_000):
        if free != resource.RLIM_INFINITY:
            free += path.stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (free, resource.RLIM_INFINITY))
        edit = mask.begin("brush", class_id=1)
        edit.paint(Region(0, 0, 4096, 4096), random.random((4096, 4096)) < 0.5, 1)
        edit.commit()
        try:
            mask.flush()
        except UserError as error:
            print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    mask.flush()
    painted = mask.read(Region(0, 0, 4096, 4096))
with Mask.open(path, (4096, 4096)) as mask:
    assert len(mask.edits()) == 3
    assert np.array_equal(mask.read(Region(0, 0, 4096, 4096)), painted)
"""


def test_a_disk_full_in_the_middle_of_a_large_edit_is_no_other_program(path):
    """Larger than the page cache of SQLite (2 MB), so that it writes into the file before it comes to COMMIT."""
    pytest.importorskip("resource")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    told = subprocess.run(
        [sys.executable, "-c", PAINTS_ON_A_FULL_DISK, str(path)], capture_output=True, text=True, env=environment
    )
    assert told.returncode == 0, told.stderr
    assert len(told.stdout.splitlines()) == 2, "both edits had to wait"
    assert "another program" not in told.stdout
