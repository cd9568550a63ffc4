"""Whatever is wrong with a file is said in one sentence that names it; nothing half-read is ever shown."""

from __future__ import annotations

import contextlib
import os
import pickle
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.slides import find_slides, open_slide
from bcseg_gui.core.slides.picture import MAX_PICTURE_SIDE


@pytest.fixture
def noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (200, 300, 3), np.uint8))


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        open_slide(path)
    sentence = str(caught.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    assert str(pickle.loads(pickle.dumps(caught.value))) == sentence  # it crosses from the compute process
    return sentence


def test_missing(tmp_path):
    assert "does not exist" in refusal(tmp_path / "gone.png")
    assert "does not exist" in refusal(tmp_path / "no-folder" / "gone.png")


def test_empty(tmp_path):
    (tmp_path / "a.png").touch()
    assert "is empty" in refusal(tmp_path / "a.png")


@pytest.mark.parametrize("content", [b"just words\n" * 50, b"\0" * 1000, b"%PDF-1.7\n", b"x"])
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.svs", "a.dcm", "a.txt"])
def test_not_a_picture(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    assert "is not a picture" in refusal(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_special_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert "is not a picture" in refusal(tmp_path / "pipe.png")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", {}),
        ("a.jpg", {}),
        ("a.jpg", {"progressive": True}),
        ("a.bmp", {}),
        ("a.tif", {}),
        ("a.tif", {"compression": "tiff_lzw"}),
        ("a.tif", {"compression": "jpeg"}),
        ("a.webp", {}),
    ],
)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_truncated_is_never_opened_half(tmp_path, noise, name, options, share):
    path = tmp_path / name
    noise.save(path, **options)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    refusal(path)


# Only these have an end mark or checksums; zeros in a BMP or plain TIFF could be black pixels.
@pytest.mark.parametrize(("name", "options"), [("a.png", {}), ("a.jpg", {}), ("a.jpg", {"progressive": True})])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_copy_that_stopped_and_left_zeros_is_never_opened(tmp_path, noise, name, options, share):
    path = tmp_path / name
    noise.save(path, **options)
    data = path.read_bytes()
    kept = data[: int(len(data) * share)]
    path.write_bytes(kept + bytes(len(data) - len(kept)))
    assert "damaged" in refusal(path)


def test_truncated_deep_files(tmp_path, noise):
    deep = np.asarray(noise).astype(np.uint16) * 257
    for compression in (None, "zlib"):
        tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb", compression=compression)
        data = (tmp_path / "a.tif").read_bytes()
        (tmp_path / "a.tif").write_bytes(data[: len(data) // 2])
        refusal(tmp_path / "a.tif")


def test_truncated_jpeg_with_a_whole_thumbnail(tmp_path, noise):
    exif = Image.Exif()
    noise.resize((64, 48)).save(tmp_path / "thumbnail.jpg")
    exif[0x9286] = (tmp_path / "thumbnail.jpg").read_bytes()  # as good a place as any for its end mark
    noise.save(tmp_path / "a.jpg", exif=exif)
    open_slide(tmp_path / "a.jpg").close()
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[:-9000] + bytes(9000))
    assert "damaged" in refusal(tmp_path / "a.jpg")


def test_bytes_after_the_end_of_a_jpeg_do_no_harm(tmp_path, noise):
    noise.save(tmp_path / "a.jpg")
    with (tmp_path / "a.jpg").open("ab") as file:
        file.write(b"\0" * 100 + b"camera notes \xff\xda")
    open_slide(tmp_path / "a.jpg").close()


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(60_001, 10), (10, 60_001)])
def test_absurdly_large_is_refused_by_its_header(tmp_path, width, height):
    (tmp_path / "bomb.png").write_bytes(png_header(width, height))
    sentence = refusal(tmp_path / "bomb.png")
    assert f"{width} × {height}" in sentence
    assert "pyramidal" in sentence
    assert max(width, height) > MAX_PICTURE_SIDE


def test_absurdly_large_deep_tiff(tmp_path):
    path = tmp_path / "bomb.tif"
    tifffile.imwrite(path, np.zeros((70_000, 4), np.uint16))
    with tifffile.TiffFile(path) as tiff:
        length = tiff.pages.first.tags["ImageLength"]
        width = tiff.pages.first.tags["ImageWidth"]
    data = bytearray(path.read_bytes())
    for tag in (length, width):
        assert tag.dtype == tifffile.DATATYPE.LONG
        data[tag.valueoffset : tag.valueoffset + 4] = struct.pack("<I", 300_000)
    path.write_bytes(data)
    assert "cut short" in refusal(path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_without_permission(tmp_path, noise):
    noise.save(tmp_path / "a.png")
    (tmp_path / "a.png").chmod(0)
    assert "permission" in refusal(tmp_path / "a.png")


def test_permission_refused_by_the_system(tmp_path, noise, monkeypatch):
    noise.save(tmp_path / "a.png")

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "permission" in refusal(tmp_path / "a.png")


def test_folder_without_slides(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing to see")
    assert "no picture or slide" in refusal(tmp_path)


def test_folder_with_several_slides_is_not_one_slide(tmp_path, noise):
    for name in ("a.png", "b.png"):
        noise.save(tmp_path / name)
    assert "2 slides" in refusal(tmp_path)


def test_find_slides_names_what_is_missing(tmp_path):
    with pytest.raises(UserError, match=r"gone\.png.*does not exist"):
        find_slides([tmp_path / "gone.png"])


@pytest.mark.parametrize("kind", ["png", "jpg", "tif"])
def test_damage_anywhere_is_survived(tmp_path, noise, kind):
    """Changed bytes: either a picture or a clear refusal, never another exception."""
    path = tmp_path / f"a.{kind}"
    noise.save(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(7)
    for _ in range(25):
        data = bytearray(whole)
        for at in rng.integers(0, min(len(data), 400), 4):
            data[at] = rng.integers(256)
        path.write_bytes(data)
        with contextlib.suppress(UserError), open_slide(path) as slide:
            assert slide.read_region((0, 0), 0, (2, 2)).shape == (2, 2, 3)
