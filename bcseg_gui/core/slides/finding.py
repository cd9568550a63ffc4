"""Which slides a person means by the files and folders they chose."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import UserError

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
SLIDE_SUFFIXES = (
    ".svs", ".ndpi", ".mrxs", ".dcm", ".scn", ".bif", ".svslide", ".vms", ".vmu",
)  # fmt: skip

_SERIES_TAG = b"\x20\x00\x0e\x00UI"
"""DICOM element (0020,000E) SeriesInstanceUID, explicit little endian, as whole-slide files must have it."""
_DICOM_HEAD = 1 << 16


def find_slides(paths: Sequence[Path]) -> list[Path]:
    """Files as they are, folders replaced by the pictures and slides directly in them, by name; each only once.

    Of DICOM files of one series the first stands for the slide. The folder with the tiles of an MRXS is its slide.
    Raises UserError for a path that does not exist, a folder that cannot be read or has no slide in it.
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        found.update(dict.fromkeys(_in_folder(path) if path.is_dir() else [_existing(path)]))
    return list(found)


def _existing(path: Path) -> Path:
    if not path.exists():
        raise UserError("“{path}” does not exist. Check the name, and that its drive is connected.", path=path)
    return path


def _in_folder(folder: Path) -> list[Path]:
    mirax = folder.with_name(folder.name + ".mrxs")
    if (folder / "Slidedat.ini").exists() and mirax.exists():
        return [mirax]
    try:
        # The listing itself tells files from folders: to ask for each again takes minutes on a network drive.
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if _looks_like_slide(entry)]
    except OSError as error:
        raise UserError(
            "The folder “{path}” cannot be read ({reason}). Check that you may open it and its drive is connected.",
            path=folder,
            reason=error.strerror,
        ) from error
    names.sort(key=lambda name: (name.casefold(), name))
    slides = list(_first_of_series(folder / name for name in names))
    if not slides:
        raise UserError(
            "There is no picture or slide in the folder “{path}”. Choose a folder with PNG, JPEG, TIFF or slide files.",
            path=folder,
        )
    return slides


def _looks_like_slide(entry: os.DirEntry[str]) -> bool:
    hidden = entry.name.startswith(".")  # also macOS's “._name.jpg” shadows on shared drives
    return not hidden and entry.name.lower().endswith(PICTURE_SUFFIXES + SLIDE_SUFFIXES) and entry.is_file()


def _first_of_series(paths: Iterator[Path]) -> Iterator[Path]:
    seen: set[bytes] = set()
    for path in paths:
        series = _dicom_series(path) if path.suffix.lower() == ".dcm" else None
        if series is None or series not in seen:
            yield path
        if series is not None:
            seen.add(series)


def _dicom_series(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            head = file.read(_DICOM_HEAD)
    except OSError:
        return None  # it will be said when the slide is opened
    at = head.find(_SERIES_TAG)
    if at < 0:
        return None
    start = at + len(_SERIES_TAG) + 2
    length = int.from_bytes(head[start - 2 : start], "little")
    return head[start : start + length]
