from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from bcseg_gui.core import thumbnails
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.slides import Slide
from bcseg_gui.core.thumbnails import SIZE, ThumbnailCache, make_thumbnail


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "thumbnails"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files a thumbnail was made of, not taken from the cache."""
    paths: list[Path] = []

    def noted(path: Path, page: int = 0) -> NDArray[np.uint8]:
        paths.append(path)
        return make_thumbnail(path, page)

    monkeypatch.setattr(thumbnails, "make_thumbnail", noted)
    return paths


def gradient(width: int = 640, height: int = 480) -> Image.Image:
    """Red grows to the right, green downwards."""
    y, x = np.mgrid[:height, :width]
    return Image.fromarray(np.stack([x * 255 // width, y * 255 // height, 0 * x], axis=-1).astype(np.uint8))


def distance(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(int) - other).mean())


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp"])
def test_it_is_the_whole_picture_small(tmp_path: Path, suffix: str) -> None:
    gradient().save(tmp_path / f"a.{suffix}")
    thumbnail = make_thumbnail(tmp_path / f"a.{suffix}")
    assert distance(thumbnail, np.asarray(gradient().resize((112, 84), Image.Resampling.BOX))) < 3


@given(width=st.integers(1, 3000), height=st.integers(1, 3000))
def test_it_fits_and_keeps_the_proportions(width: int, height: int) -> None:
    small = thumbnails._within(width, height)
    assert small[0] == SIZE[0] or small[1] == SIZE[1]
    assert 1 <= small[0] <= SIZE[0]
    assert 1 <= small[1] <= SIZE[1]
    ratio = min(SIZE[0] / width, SIZE[1] / height)
    assert abs(small[0] - width * ratio) <= 1
    assert abs(small[1] - height * ratio) <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_upright(tmp_path: Path, orientation: int) -> None:
    photograph = gradient(640, 240)
    exif = photograph.getexif()
    exif[0x0112] = orientation
    photograph.save(tmp_path / "a.jpg", exif=exif)
    thumbnail = make_thumbnail(tmp_path / "a.jpg")
    upright = ImageOps.exif_transpose(Image.open(tmp_path / "a.jpg")).convert("RGB")
    assert distance(thumbnail, np.asarray(upright.resize((thumbnail.shape[1], thumbnail.shape[0])))) < 4


def test_of_a_slide_only_the_slide_is_shown_never_its_label(data_folder: Path) -> None:
    path = data_folder / "slides" / "CMU-1-Small-Region.svs"
    thumbnail = make_thumbnail(path)
    import openslide

    with openslide.OpenSlide(path) as slide:
        own = slide.get_thumbnail(SIZE).convert("RGB").resize((thumbnail.shape[1], thumbnail.shape[0]))
    assert distance(thumbnail, np.asarray(own)) < 12


def test_it_is_made_once(tmp_path: Path, folder: Path, made: list[Path]) -> None:
    gradient().save(tmp_path / "a.png")
    first = ThumbnailCache(folder).get(tmp_path / "a.png")
    again = ThumbnailCache(folder).get(tmp_path / "a.png")
    assert len(made) == 1
    assert distance(first, again) < 3


def test_a_changed_picture_gets_another_one(tmp_path: Path, folder: Path, made: list[Path]) -> None:
    cache = ThumbnailCache(folder)
    for grey in (0, 255):
        Image.new("RGB", (64, 48), (grey,) * 3).save(tmp_path / "a.bmp")
        os.utime(tmp_path / "a.bmp", ns=(grey, grey))
        assert abs(int(cache.get(tmp_path / "a.bmp").mean()) - grey) < 3
    assert len(made) == 2


def test_each_page_has_its_own(tmp_path: Path, folder: Path) -> None:
    pages = [Image.new("RGB", (64, 48), (grey,) * 3) for grey in (20, 200)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    cache = ThumbnailCache(folder)
    for _ in range(2):
        assert [round(float(cache.get(tmp_path / "a.tif", page).mean()), -1) for page in (0, 1)] == [20, 200]


def test_names_in_the_cache_tell_nothing(tmp_path: Path, folder: Path) -> None:
    gradient().save(tmp_path / "Jane Doe 1970.png")
    ThumbnailCache(folder).get(tmp_path / "Jane Doe 1970.png")
    (kept,) = folder.iterdir()
    assert set(kept.name) <= set("0123456789abcdef")
    assert b"Jane" not in kept.read_bytes()
    if os.name != "nt":
        assert folder.stat().st_mode & 0o077 == 0, "nobody else may look"


@pytest.mark.parametrize("damage", [b"", b"\0" * 900, b"no picture", None])
def test_a_damaged_one_is_made_again(tmp_path: Path, folder: Path, made: list[Path], damage: bytes | None) -> None:
    gradient().save(tmp_path / "a.png")
    cache = ThumbnailCache(folder)
    sound = cache.get(tmp_path / "a.png")
    (kept,) = folder.iterdir()
    kept.write_bytes(kept.read_bytes()[:300] if damage is None else damage)
    assert distance(cache.get(tmp_path / "a.png"), sound) < 3
    assert distance(cache.get(tmp_path / "a.png"), sound) < 3
    assert len(made) == 2


def test_what_was_not_used_longest_goes(tmp_path: Path, folder: Path) -> None:
    for number in range(12):
        Image.effect_noise((200, 150), 80).convert("RGB").save(tmp_path / f"{number}.bmp")
    cache = ThumbnailCache(folder)
    cache.get(tmp_path / "0.bmp")
    (oldest,) = folder.iterdir()
    one = oldest.stat().st_size
    cache = ThumbnailCache(folder, limit=6 * one)
    for number in range(1, 12):
        for place, file in enumerate(sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)):
            os.utime(file, (place, place))  # so that the order holds on a clock of full seconds too
        cache.get(tmp_path / "0.bmp")
        cache.get(tmp_path / f"{number}.bmp")
        assert sum(file.stat().st_size for file in folder.iterdir()) <= 6 * one
    assert oldest.exists(), "it was used all the time"


def test_a_full_disk_is_no_error(
    tmp_path: Path, folder: Path, made: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    gradient().save(tmp_path / "a.png")
    monkeypatch.setattr(Path, "write_bytes", full)
    for _ in range(2):
        assert ThumbnailCache(folder).get(tmp_path / "a.png").shape == (84, 112, 3)
    assert len(made) == 2
    assert list(folder.iterdir()) == []


def test_a_cache_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    gradient().save(tmp_path / "a.png")
    (tmp_path / "file").write_bytes(b"")
    assert ThumbnailCache(tmp_path / "file" / "cache").get(tmp_path / "a.png").shape == (84, 112, 3)


@pytest.mark.parametrize("name", ["gone.png", "broken.png", "broken.jpg"])
def test_what_cannot_be_read_is_told(tmp_path: Path, folder: Path, name: str) -> None:
    for broken in ("broken.png", "broken.jpg"):
        (tmp_path / broken).write_bytes(b"no picture")
    with pytest.raises(UserError, match=name):
        ThumbnailCache(folder).get(tmp_path / name)
    assert not folder.exists()


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_huge_picture_is_not_unpacked_for_it(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    Image.new("L", (8000, 8000)).save(tmp_path / f"a.{suffix}")
    monkeypatch.setattr(Slide, "read_region", lambda *_: pytest.fail("it was read"))
    with pytest.raises(UserError, match="too large"):
        ThumbnailCache(folder).get(tmp_path / f"a.{suffix}")


def test_of_a_huge_photograph_little_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("L", (8000, 8000), 90).save(tmp_path / "a.jpg")
    monkeypatch.setattr(Slide, "read_region", lambda *_: pytest.fail("it was read"))
    assert abs(int(make_thumbnail(tmp_path / "a.jpg").mean()) - 90) < 3


def test_it_lies_in_the_users_cache(own_home: Path, tmp_path: Path) -> None:
    gradient().save(tmp_path / "a.png")
    ThumbnailCache().get(tmp_path / "a.png")
    assert len(list(own_home.rglob("thumbnails/*"))) == 1
