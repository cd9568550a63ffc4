"""A drive that goes away and comes back: reads fail with a sentence, then go on, without opening the slide again."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import threading
from pathlib import Path

import numpy as np
import openslide
import pytest
import tifffile

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.slides import open_slide
from bcseg_gui.core.slides.openslide_reader import OpenSlideSlide
from bcseg_gui.core.slides.source_file import SourceFile
from bcseg_gui.core.slides.tiff_slide import TiffSlide
from tests.waiting import LIMIT

PIXELS = np.random.default_rng(2).integers(0, 255, (512, 768, 3), np.uint8)


@pytest.fixture(params=["openslide", "tifffile"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A tiled pyramid: one that OpenSlide shows, or with its levels where only tifffile finds them."""
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        options = {"photometric": "rgb", "tile": (128, 128), "compression": "zlib", "metadata": None}
        tiff.write(PIXELS, subifds=1 if request.param == "tifffile" else None, **options)
        tiff.write(PIXELS[::2, ::2], subfiletype=1, **options)
    with open_slide(tmp_path / "a.tif") as slide:
        assert isinstance(slide, TiffSlide if request.param == "tifffile" else OpenSlideSlide)
    return tmp_path / "a.tif"


class Drive:
    """Fails every handle that was open when it went away; a new one works when it is back."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_away = False
        self._dead: list[object] = []
        self._patch = monkeypatch
        for owner, name in ((openslide.OpenSlide, "read_region"), (Path, "open"), (openslide.OpenSlide, "__init__")):
            self._guard(owner, name)

    def leave(self, *handles: object) -> None:
        self.is_away = True
        self._dead.extend(handles)

    def come_back(self) -> None:
        self.is_away = False

    def _guard(self, owner: type, name: str) -> None:
        original = getattr(owner, name)

        def guarded(handle, *args, **kwargs):
            if self.is_away or (name == "read_region" and any(handle is dead for dead in self._dead)):
                raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
            return original(handle, *args, **kwargs)

        self._patch.setattr(owner, name, guarded)


class StaleHandle:
    """A handle whose drive is gone."""

    def read(self, _offset: int, _count: int) -> bytes:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))


class HangingHandle:
    """A handle whose drive answers when it likes."""

    def __init__(self, handle) -> None:
        self._handle = handle
        self.is_asked, self.answers = threading.Event(), threading.Event()

    def read(self, offset: int, count: int) -> bytes:
        self.is_asked.set()
        self.answers.wait()
        return self._handle.read(offset, count)


def test_stale_handles_are_opened_anew(path, monkeypatch):
    with open_slide(path) as slide:
        np.testing.assert_array_equal(slide.read_region((0, 0), 0, (50, 40)), PIXELS[:40, :50])
        drive = Drive(monkeypatch)
        if isinstance(slide, TiffSlide):
            (file,) = slide._plane._files.values()
            file._handle = StaleHandle()
            drive.leave()
        else:
            drive.leave(slide._handle)
        for _again in range(2):
            with pytest.raises(UserError, match=r"a\.tif"):
                slide.read_region((300, 200), 0, (60, 50))
        drive.come_back()
        np.testing.assert_array_equal(slide.read_region((300, 200), 0, (60, 50)), PIXELS[200:250, 300:360])


def test_a_file_that_is_taken_away_and_put_back(path, tmp_path):
    with open_slide(path) as slide:
        slide.read_region((0, 0), 0, (10, 10))
        shutil.copy(path, tmp_path / "copy.tif")
        path.unlink()
        with contextlib.suppress(UserError):  # the system may keep an open file readable
            slide.read_region((500, 300), 0, (60, 50))
        (tmp_path / "copy.tif").rename(path)  # the same content, another file
        np.testing.assert_array_equal(slide.read_region((600, 400), 0, (60, 50)), PIXELS[400:450, 600:660])


@pytest.mark.parametrize("change", ["size", "dimensions"])
def test_another_file_in_its_place_is_not_mixed_in(path, change):
    with open_slide(path) as slide:
        size = path.stat().st_size
        if isinstance(slide, TiffSlide):
            (file,) = slide._plane._files.values()
            file._handle = StaleHandle()
        else:
            slide._handle = None  # as after a read that failed
        if change == "size":
            path.write_bytes(path.read_bytes() + bytes(100))
        elif isinstance(slide, TiffSlide):
            pytest.skip("its pieces are read where they were; only the size tells")
        else:
            options = {"photometric": "rgb", "tile": (128, 128), "compression": "zlib", "metadata": None}
            tifffile.imwrite(path, PIXELS[:384, :512], **options)
            path.write_bytes(path.read_bytes().ljust(size, b"\0"))
        with pytest.raises(UserError, match="replaced by another file"):
            slide.read_region((300, 200), 0, (60, 50))


def test_closing_does_not_wait_for_a_drive_that_hangs(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"0123456789")
    file = SourceFile(tmp_path / "a.bin")
    file._handle = hanging = HangingHandle(file._handle)
    got = []
    reader = threading.Thread(target=lambda: got.append(file.read(2, 3)))
    reader.start()
    hanging.is_asked.wait()
    closer = threading.Thread(target=file.close, daemon=True)
    closer.start()
    closer.join(LIMIT)
    assert not closer.is_alive()
    hanging.answers.set()
    reader.join()
    assert got == [b"234"], "a read under way still ends well"
    with pytest.raises(ValueError, match="closed"):
        file.read(0, 1)


def test_closing_does_not_wait_for_a_drive_that_hangs_when_it_is_opened_anew(path, monkeypatch):
    is_asked, answers = threading.Event(), threading.Event()

    def hang(original):
        def opened(*args, **kwargs):
            is_asked.set()
            answers.wait()
            return original(*args, **kwargs)

        return opened

    slide = open_slide(path)
    if isinstance(slide, TiffSlide):
        (file,) = slide._plane._files.values()
        file._handle = None
    else:
        slide._handle = None
    errors = []

    def read() -> None:
        try:
            slide.read_region((600, 400), 0, (60, 50))
        except UserError as error:
            errors.append(str(error))

    reader = threading.Thread(target=read)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", hang(Path.open))
        patch.setattr(openslide.OpenSlide, "__init__", hang(openslide.OpenSlide.__init__))
        reader.start()
        is_asked.wait()
        closer = threading.Thread(target=slide.close, daemon=True)
        closer.start()
        closer.join(LIMIT)
        assert not closer.is_alive()
        answers.set()
        reader.join()
    assert "was closed" in errors[0]


def test_readers_in_several_threads_see_the_same(path):
    wrong = []

    def read(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _read in range(40):
            x, y = int(rng.integers(0, 700)), int(rng.integers(0, 450))
            if not np.array_equal(slide.read_region((x, y), 0, (68, 62)), PIXELS[y : y + 62, x : x + 68]):
                wrong.append((x, y))

    with open_slide(path) as slide:
        threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
    with pytest.raises(UserError, match="was closed"):
        slide.read_region((0, 0), 0, (1, 1))
