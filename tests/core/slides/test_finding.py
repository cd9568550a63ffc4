from __future__ import annotations

from pathlib import Path

import pytest

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.slides import find_slides


def series(uid: str) -> bytes:
    """As much of a DICOM file as tells to which slide it belongs."""
    return b"\0" * 128 + b"DICM" + b"\x20\x00\x0e\x00UI" + len(uid).to_bytes(2, "little") + uid.encode()


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_a_folder_gives_its_pictures_by_name_and_nothing_else(tmp_path: Path) -> None:
    for name in ("b.PNG", "A.tif", "a.svs", "10.jpg", ".hidden.png", "._b.png", "notes.txt", "jpg"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder.png").mkdir()
    assert names(find_slides([tmp_path])) == ["10.jpg", "a.svs", "A.tif", "b.PNG"]


def test_a_link_to_a_picture_is_one(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.png").write_bytes(b"x")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.png").symlink_to(tmp_path / "elsewhere" / "a.png")
    (folder / "broken.png").symlink_to(tmp_path / "gone.png")
    assert names(find_slides([folder])) == ["link.png"]


def test_each_slide_comes_once_in_the_order_chosen(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.png").write_bytes(b"x")
    assert names(find_slides([tmp_path / "c.png", tmp_path])) == ["c.png", "a.png", "b.png"]


def test_of_dicom_files_the_first_of_each_series_stands_for_the_slide(tmp_path: Path) -> None:
    for name, content in {"1.dcm": series("1.2"), "2.dcm": series("1.2"), "3.dcm": series("1.3"), "4.dcm": b""}.items():
        (tmp_path / name).write_bytes(content)
    assert names(find_slides([tmp_path])) == ["1.dcm", "3.dcm", "4.dcm"]


def test_the_folder_of_an_mrxs_is_its_slide(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "Slidedat.ini").write_bytes(b"")
    (tmp_path / "a.mrxs").write_bytes(b"")
    assert find_slides([tmp_path / "a"]) == [tmp_path / "a.mrxs"]


def test_a_folder_without_pictures_says_so(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"x")
    with pytest.raises(UserError, match="no picture or slide in the folder"):
        find_slides([tmp_path])
