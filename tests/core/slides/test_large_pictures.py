"""Pictures too large for memory look as small ones do; what goes wrong with them is one sentence."""

from __future__ import annotations

import collections
import multiprocessing
import os
import shutil
import struct
import subprocess
import sys
import threading
import zlib
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import platformdirs
import pytest
import tifffile
from PIL import Image

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.slides import open_slide, opening, read_scaled, unpacking
from bcseg_gui.core.slides.large_picture import LargePicture
from bcseg_gui.core.slides.level_file import LevelFile
from tests.waiting import LIMIT


@pytest.fixture
def rgb() -> np.ndarray:
    y, x = np.mgrid[:701, :1203]
    return np.stack([x % 256, y % 256, (x * 3 + y) % 256], axis=-1).astype(np.uint8)


@pytest.fixture
def few_pixels_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bcseg_gui.core.slides.opening.MAX_PIXELS_IN_MEMORY", 1000)


def temporary_files() -> list[Path]:
    folder = platformdirs.user_cache_path("bcseg-gui", appauthor=False) / "levels"
    return list(folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", {}),
        ("grey.png", {"mode": "L"}),
        ("grey.jpg", {"mode": "L", "quality": 90}),
        ("alpha.png", {"mode": "RGBA"}),
        ("palette.png", {"mode": "P"}),
        ("a.jpg", {"quality": 90}),
        ("progressive.jpg", {"quality": 90, "progressive": True}),
        ("turned.jpg", {"orientation": 6}),
        ("cmyk.jpg", {"mode": "CMYK"}),
        ("a.bmp", {}),
        ("a.webp", {"lossless": True}),
    ],
)
def test_it_looks_as_a_small_one(tmp_path, rgb, monkeypatch, name, options):
    options = dict(options)
    exif = Image.Exif()
    exif[274] = options.pop("orientation", 1)
    Image.fromarray(rgb).convert(options.pop("mode", "RGB")).save(tmp_path / name, exif=exif, **options)
    with open_slide(tmp_path / name) as small:
        levels = [small.read_region((0, 0), i, small.level_dimensions[i]) for i in range(small.level_count)]
        assert not isinstance(small, LargePicture)
        monkeypatch.setattr("bcseg_gui.core.slides.opening.MAX_PIXELS_IN_MEMORY", 1000)
        with open_slide(tmp_path / name) as large:
            assert isinstance(large, LargePicture)
            assert large.level_dimensions == small.level_dimensions
            assert (large.mpp, dict(large.properties)) == (small.mpp, dict(small.properties))
            assert temporary_files() == []  # opened by its header alone
            assert small.reads_cheaply(0)
            assert not large.reads_cheaply(0)
            for number, level in enumerate(levels):
                np.testing.assert_array_equal(large.read_region((0, 0), number, large.level_dimensions[number]), level)
            part = large.read_region((-7, 650), 0, (40, 90))
            np.testing.assert_array_equal(part, small.read_region((-7, 650), 0, (40, 90)))
            assert (part[:, :7] == 255).all()
            region = Region(100, 50, 400, 300)
            np.testing.assert_array_equal(read_scaled(large, region, (93, 71)), read_scaled(small, region, (93, 71)))
    assert temporary_files() == []


def png_header(width: int, height: int, depth: int, colour: int) -> bytes:
    """A PNG that says how large it is, and has hardly a pixel."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(1000))),
        (b"IEND", b""),
    ]
    chunks = (struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d)) for kind, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("colour", [0, 2])
def test_gigapixels_of_grey_or_colour_open(tmp_path, colour):
    (tmp_path / "a.png").write_bytes(png_header(60_000, 60_000, 8, colour))
    with open_slide(tmp_path / "a.png") as slide:
        assert slide.dimensions == (60_000, 60_000)


@pytest.mark.parametrize(("depth", "colour"), [(16, 0), (16, 2), (8, 6)])
def test_gigapixels_that_must_be_decoded_in_memory_are_refused(tmp_path, depth, colour):
    (tmp_path / "a.png").write_bytes(png_header(60_000, 60_000, depth, colour))
    with pytest.raises(UserError, match="1000 million in all"):
        open_slide(tmp_path / "a.png")


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("compression", ["lzw", None])
@pytest.mark.usefixtures("few_pixels_are_large")
def test_strips(tmp_path, rgb, compression, depth):
    pixels = rgb.astype(depth) * (1 if depth == np.uint8 else 256)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", rowsperstrip=13, compression=compression)
    with open_slide(tmp_path / "a.tif") as slide:
        assert isinstance(slide, LargePicture) == (compression is not None)
        got = slide.read_region((0, 0), 0, slide.dimensions)
        if depth == np.uint8:
            np.testing.assert_array_equal(got, rgb)
        else:
            low, high = np.percentile(pixels, (0.1, 99.9))
            expected = np.clip((pixels.astype(float) - low) * 255 / (high - low), 0, 255)
            assert np.abs(got - expected).max() <= 0.51


@pytest.mark.usefixtures("few_pixels_are_large")
def test_many_readers_unpack_once(tmp_path, rgb, monkeypatch):
    Image.fromarray(rgb).save(tmp_path / "a.png")
    made = collections.Counter()
    make = LevelFile.make
    monkeypatch.setattr(LevelFile, "make", lambda *args: (made.update("x"), make(*args))[1])
    seen = []
    with open_slide(tmp_path / "a.png") as slide:
        readers = [
            threading.Thread(target=lambda: seen.append(slide.read_region((0, 0), 1, slide.level_dimensions[1])))
            for _reader in range(6)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
    assert len(seen) == 6
    assert all((pixels == seen[0]).all() for pixels in seen)
    assert made.total() == 1
    assert not [child for child in multiprocessing.active_children() if child.name == "bcseg-unpack"]


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp"])
@pytest.mark.usefixtures("few_pixels_are_large")
def test_a_damaged_one_says_so_when_it_is_read(tmp_path, rgb, name):
    Image.fromarray(rgb).save(tmp_path / name)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    with open_slide(tmp_path / name) as slide:
        for _again in range(2):
            with pytest.raises(UserError, match=f"{name}.* is damaged"):
                slide.read_region((0, 0), 0, (10, 10))
    assert temporary_files() == []


@pytest.mark.usefixtures("few_pixels_are_large")
def test_one_that_comes_back_with_its_drive_is_read(tmp_path, rgb):
    Image.fromarray(rgb).save(tmp_path / "a.png")
    with open_slide(tmp_path / "a.png") as slide:
        (tmp_path / "a.png").rename(tmp_path / "away.png")
        with pytest.raises(UserError, match="no longer there"):
            slide.read_region((0, 0), 0, (10, 10))
        (tmp_path / "away.png").rename(tmp_path / "a.png")
        np.testing.assert_array_equal(slide.read_region((30, 20), 0, (10, 10)), rgb[20:30, 30:40])


@pytest.mark.usefixtures("few_pixels_are_large")
def test_without_room_on_the_disk(tmp_path, rgb, monkeypatch):
    Image.fromarray(rgb).save(tmp_path / "a.png")
    usage = shutil.disk_usage(tmp_path)
    with open_slide(tmp_path / "a.png") as slide:
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1000))
        with pytest.raises(UserError, match=r"a\.png.* no room for the 3 MB"):
            slide.read_region((0, 0), 0, (10, 10))


@pytest.mark.usefixtures("few_pixels_are_large")
def test_a_closed_one_says_so(tmp_path, rgb):
    Image.fromarray(rgb).save(tmp_path / "a.png")
    with open_slide(tmp_path / "a.png") as slide:
        slide.read_region((0, 0), 0, (10, 10))
        assert len(temporary_files()) == 1
    assert temporary_files() == []
    with pytest.raises(UserError, match="was closed"):
        slide.read_region((0, 0), 0, (10, 10))


@pytest.mark.usefixtures("few_pixels_are_large")
def test_a_file_in_use_is_not_swept_however_old(tmp_path, rgb):
    Image.fromarray(rgb).save(tmp_path / "a.png")
    with open_slide(tmp_path / "a.png") as slide:
        slide.read_region((0, 0), 0, (10, 10))
        (used,) = temporary_files()
        os.utime(used, (0, 0))
        with open_slide(tmp_path / "a.png") as other:
            other.read_region((0, 0), 0, (10, 10))
            assert used in temporary_files()


@pytest.mark.usefixtures("few_pixels_are_large")
def test_what_a_process_left_behind_is_swept_when_the_next_one_is_opened(tmp_path, rgb):
    Image.fromarray(rgb).save(tmp_path / "a.png")
    with open_slide(tmp_path / "a.png") as slide:
        slide.read_region((0, 0), 0, (10, 10))
        (used,) = temporary_files()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = used.with_name(used.name.replace(f"-{os.getpid()}-", f"-{ended.pid}-"))
    elsewhere = used.with_name(f"bcseg-00000000-{ended.pid}-abc.levels")
    old = used.with_name("bcseg-abc.levels")
    for file in (left, elsewhere, old):
        file.write_bytes(b"x")
    os.utime(old, (0, 0))
    with open_slide(tmp_path / "a.png"):
        assert temporary_files() == [elsewhere]


@pytest.mark.usefixtures("few_pixels_are_large")
def test_one_whose_temporary_file_was_taken_away_is_unpacked_anew(tmp_path, rgb):
    Image.fromarray(rgb).save(tmp_path / "a.png")
    with open_slide(tmp_path / "a.png") as slide:
        slide.read_region((0, 0), 0, (10, 10))
        (file,) = temporary_files()
        file.unlink()
        np.testing.assert_array_equal(slide.read_region((30, 20), 0, (10, 10)), rgb[20:30, 30:40])
    assert temporary_files() == []


def _read_in_a_daemon(path: Path, connection: Connection) -> None:
    """What a compute process does: reads, in a process that is a daemon, and tells what its own memory was spared."""
    opening.MAX_PIXELS_IN_MEMORY = 1000
    unpacking.unpack = lambda *_: pytest.fail("unpacked in this process")  # type: ignore[assignment]
    with open_slide(path) as slide:
        connection.send(slide.read_region((30, 20), 0, (10, 10)))
    connection.send(multiprocessing.current_process().daemon)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_daemon_has_it_unpacked_by_another_process(tmp_path, rgb, mode):
    Image.fromarray(rgb).convert(mode).save(tmp_path / "a.png")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    daemon = context.Process(target=_read_in_a_daemon, args=(tmp_path / "a.png", theirs), daemon=True)
    daemon.start()
    theirs.close()
    np.testing.assert_array_equal(ours.recv(), rgb[20:30, 30:40])
    assert ours.recv() is True
    daemon.join()
    assert temporary_files() == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_unpacking_ends_with_the_process_that_wanted_it(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    code = (
        "import sys, pathlib; from bcseg_gui.core.slides.unpacking import Source, Unpacked; "
        "Unpacked(Source(pathlib.Path(sys.argv[1])), ((10, 10),)).read(0, 0, 0, 1, 1)"
    )
    reader = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "a.png")], stdout=subprocess.PIPE)
    with (tmp_path / "a.png").open("wb"):  # opens when the child of the reader opens it, too; then it waits for bytes
        assert len(temporary_files()) == 1
        reader.kill()
        reader.communicate(timeout=LIMIT)  # its child has inherited the pipe, which ends with the last of them
    assert temporary_files() == []
