from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import (
    NewerFileError,
    encode_json,
    fingerprint,
    new_file,
    place_folder,
    read_json,
    remove_leftovers,
    temporary_folder,
    write_atomic,
    write_json,
)
from bcseg_gui.core.geometry import Region


@dataclass(frozen=True, slots=True)
class Note:
    text: str
    where: Path = Path("a/b")
    regions: tuple[Region, ...] = ()
    schema: int = 2


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_write_replaces_the_whole_file_and_leaves_no_other(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", b"long before")
    write_atomic(tmp_path / "a", b"now")
    assert (tmp_path / "a").read_bytes() == b"now"
    assert names(tmp_path) == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")
def test_colleagues_may_read_what_is_written(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", b"")
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "may not write"), (errno.EIO, "error")],
)
@pytest.mark.parametrize("call", ["open", "fsync"])
def test_failed_write_keeps_the_earlier_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str, call: str
) -> None:
    path = tmp_path / "a.json"
    write_atomic(path, b"before")

    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(UserError, match=words) as caught:
        write_atomic(path, b"after")
    monkeypatch.undo()
    assert "is lost" in str(caught.value)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == b"before"
    assert names(tmp_path) == ["a.json"]


def test_interrupted_write_keeps_the_earlier_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_atomic(tmp_path / "a", b"before")

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "a", b"after")
    assert (tmp_path / "a").read_bytes() == b"before"
    assert names(tmp_path) == ["a"]


def test_leftovers_of_a_killed_process_are_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".a-0.tmp").write_bytes(b"")
    (tmp_path / ".export-0.tmp" / "images").mkdir(parents=True)
    (tmp_path / "mine.tmp").write_bytes(b"")
    remove_leftovers(tmp_path)
    remove_leftovers(tmp_path / "absent")
    assert names(tmp_path) == ["mine.tmp"]


texts = st.text(st.characters(codec="utf-8"))
regions = st.builds(Region, *[st.integers(-(2**31), 2**31)] * 4)


@given(text=texts, regions=st.lists(regions, max_size=3).map(tuple))
def test_json_round_trip(tmp_path_factory: pytest.TempPathFactory, text: str, regions: tuple[Region, ...]) -> None:
    path = tmp_path_factory.getbasetemp() / "note.json"
    note = Note(text, regions=regions)
    write_json(path, note)
    assert read_json(path, Note) == note
    assert path.read_bytes() == encode_json(note)


def test_what_an_older_program_wrote_is_written_back_as_new(tmp_path: Path) -> None:
    (tmp_path / "note.json").write_bytes(b'{"schema": 1, "text": "old"}')
    assert read_json(tmp_path / "note.json", Note) == Note("old")


def test_absent_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"note\.json. is missing"):
        read_json(tmp_path / "note.json", Note)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"text": "no schema"}', b'{"schema": 2}', b'{"schema": 2, "text": 5}']
)
def test_damaged_json_is_named_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "note.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"note\.json. is damaged"):
        read_json(path, Note)
    assert path.read_bytes() == content


def test_newer_json_is_not_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "note.json").write_bytes(b'{"schema": 3, "text": {"of": "another kind"}}')
    with pytest.raises(NewerFileError, match=r"note\.json. was written by a newer version"):
        read_json(tmp_path / "note.json", Note)


def test_folder_appears_whole_and_replaces_the_earlier_one(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "out"
    for text in (b"one", b"two"):
        with temporary_folder(place) as temporary:
            with new_file(temporary / "a") as file:
                file.write(text)
            place_folder(temporary, place)
        assert (place / "a").read_bytes() == text
        assert names(place.parent) == ["out"]


def test_failed_placing_brings_the_earlier_folder_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "out"
    place.mkdir()
    (place / "precious").write_bytes(b"")
    with pytest.raises(UserError, match="could not be written"), temporary_folder(place) as temporary:
        place_folder(temporary / "absent", place)
    assert names(tmp_path) == ["out"]
    assert names(place) == ["precious"]


def test_full_disk_leaves_no_folder(tmp_path: Path, full_disk: Callable[[int], None]) -> None:
    def build() -> None:
        with temporary_folder(tmp_path / "out") as temporary:
            for name in "abc":
                with new_file(temporary / name) as file:
                    file.write(b"x")

    full_disk(1)
    with pytest.raises(UserError, match=r"disk is full, so .*out. could not"):
        build()
    assert names(tmp_path) == []


@pytest.mark.parametrize("at", [0, 500_000, 999_999])
def test_fingerprint_sees_head_middle_and_tail(tmp_path: Path, at: int) -> None:
    path = tmp_path / "slide.svs"
    content = bytearray(1_000_000)
    path.write_bytes(content)
    before = fingerprint(path)
    content[at] = 1
    path.write_bytes(content)
    assert fingerprint(path) != before


@given(content=st.binary(max_size=300))
def test_fingerprint_is_of_the_content_not_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "one").write_bytes(content)
    (folder / "two").write_bytes(content)
    (folder / "longer").write_bytes(content + b"\0")
    assert fingerprint(folder / "one") == fingerprint(folder / "two") != fingerprint(folder / "longer")


@pytest.mark.parametrize("slide", ["dicom", "slide.mrxs"])
def test_fingerprint_sees_the_files_of_a_slide_in_many_files(tmp_path: Path, slide: str) -> None:
    data = tmp_path / Path(slide).stem
    data.mkdir()
    (data / "1.dat").write_bytes(b"1")
    if slide != data.name:
        (tmp_path / slide).write_bytes(b"index")
    before = fingerprint(tmp_path / slide)
    (data / "2.dat").write_bytes(b"2")
    assert fingerprint(tmp_path / slide) != before


def test_fingerprint_of_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.svs. is missing"):
        fingerprint(tmp_path / "gone.svs")
