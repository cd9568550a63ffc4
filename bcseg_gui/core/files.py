"""Whole files or none: atomic writes, typed JSON, folders built aside and put in place, fingerprints.

A failed write leaves the previous file intact and raises a `UserError` that names it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import Field, replace
from pathlib import Path
from typing import IO, Any, ClassVar, Protocol, TypeVar

import msgspec

from .errors import UserError

_SAMPLE_BYTES = 64 * 1024
_TEMPORARY = ".tmp"


class LostFileError(UserError):
    """The file is missing or damaged; a backup may hold it."""


class NewerFileError(UserError):
    """The file's `schema` is above the one this program knows."""


class HasSchema(Protocol):
    """A file's content, a dataclass: the default of its `schema` field is the newest schema this program reads."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def schema(self) -> int: ...


Content = TypeVar("Content", bound=HasSchema)


class _Head(msgspec.Struct):
    schema: int


# Writing -------------------------------------------------------------------------------------------------------------


def write_error(error: OSError, path: Path) -> UserError:
    """The error for a failed write; only for callers that keep the previous content."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UserError(
            "The disk is full, so “{path}” could not be written. Nothing that was saved before is lost: "
            "free some space, then try again.",
            path=path,
        )
    if error.errno == errno.EROFS:
        return UserError(
            "“{path}” could not be written because the drive is read-only. Nothing that was saved before is lost: "
            "choose another place.",
            path=path,
        )
    if isinstance(error, PermissionError):
        return UserError(
            "“{path}” could not be written because you may not write there, or another program has it open. "
            "Nothing that was saved before is lost: choose another place or ask for the right to write.",
            path=path,
        )
    return UserError(
        "“{path}” could not be written ({reason}). Nothing that was saved before is lost.",
        path=path,
        reason=error.strerror or str(error),
    )


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Create a file that must not exist yet; it is synced when the block ends. Raises OSError."""
    # Not `tempfile`: its files are 0600, and colleagues who share the folder have to read them.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def write_atomic(path: Path, data: bytes) -> None:
    """Replace the content of `path` by `data`, or raise UserError and leave the file intact."""
    temporary = temporary_beside(path)
    try:
        with new_file(temporary) as file:
            file.write(data)
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise write_error(error, path) from error
        raise
    sync_folder(path.parent)


def make_folder(path: Path) -> Path:
    """Create a folder and its parents where absent. Raises UserError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(error, path) from error
    return path


@contextmanager
def temporary_folder(destination: Path) -> Iterator[Path]:
    """Yield an empty folder beside `destination` to build in; it is removed at the end unless it was put in place.

    An OSError inside becomes the UserError of a write to `destination`: that is the name the person knows.
    """
    make_folder(destination.parent)
    temporary = temporary_beside(destination)
    try:
        temporary.mkdir()
        yield temporary
    except OSError as error:
        raise write_error(error, destination) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def place_folder(built: Path, destination: Path) -> None:
    """Rename a finished folder to `destination`; a folder already there is replaced, and kept when that fails."""
    aside = None
    try:
        if destination.exists():
            aside = destination.with_name(f".{destination.name}-{secrets.token_hex(4)}.old")
            destination.replace(aside)
        try:
            built.replace(destination)
        except OSError:
            if aside is not None:
                aside.replace(destination)
            raise
        sync_folder(destination.parent)
    except OSError as error:
        raise write_error(error, destination) from error
    if aside is not None:
        shutil.rmtree(aside, ignore_errors=True)


def is_leftover(path: Path) -> bool:
    """A temporary file or folder of ours, by its name."""
    return path.name.startswith(".") and path.name.endswith(_TEMPORARY)


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed process left half-written in `folder`; only for a folder nobody else is writing to."""
    for leftover in filter(is_leftover, folder.glob("*")):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            with suppress(OSError):
                leftover.unlink()


def temporary_beside(path: Path) -> Path:
    """An unused name that `is_leftover` recognises."""
    return path.with_name(f".{path.name}-{secrets.token_hex(4)}{_TEMPORARY}")


def sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut; where folders cannot be synced (Windows, some shares) the rename stands."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# JSON ----------------------------------------------------------------------------------------------------------------


def read_json(path: Path, kind: type[Content]) -> Content:
    """Read a typed JSON file. Raises LostFileError when absent or damaged, NewerFileError when too new,
    another UserError when unreadable.

    What an older program wrote comes with the newest `schema`, for that is what it is written back as.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise LostFileError("The file “{path}” is missing.", path=path) from None
    except OSError as error:
        raise read_error(error, path) from error
    return decode_json(data, kind, path)


def decode_json(data: bytes, kind: type[Content], path: Path) -> Content:
    """`read_json` of what a file holds; `path` is the name that errors bear."""
    try:
        # The schema first: a newer file may well not fit the type, and must not be called damaged.
        newest: Any = kind.__dataclass_fields__["schema"].default
        schema = msgspec.json.decode(data, type=_Head).schema
        if schema > newest:
            raise NewerFileError(
                "“{path}” was written by a newer version of this program. Update this program to open it.", path=path
            )
        content = msgspec.json.decode(data, type=kind, dec_hook=_decode_path)
        return content if schema == newest else replace(content, schema=newest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LostFileError(
            "“{path}” is damaged ({reason}). It was left untouched: bring it back from a backup.",
            path=path,
            reason=str(error),
        ) from error


def write_json(path: Path, value: HasSchema) -> None:
    """Write a typed value as indented JSON, atomically. Raises UserError."""
    write_atomic(path, encode_json(value))


def encode_json(value: HasSchema) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=_encode_path), indent=2) + b"\n"


def read_error(error: OSError, path: Path) -> UserError:
    return UserError("“{path}” could not be read ({reason}).", path=path, reason=error.strerror or str(error))


def _encode_path(value: object) -> str:
    if isinstance(value, Path):
        return value.as_posix()
    raise NotImplementedError(f"cannot write {type(value).__name__} as JSON")


def _decode_path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(f"cannot read {kind.__name__} from JSON")


# Fingerprints --------------------------------------------------------------------------------------------------------


def fingerprint(path: Path) -> str:
    """`size-hash` of a slide file, quick for a huge one: its size and a hash of its head, middle and tail.

    A folder (DICOM) and the data folder that belongs to an MRXS file count by the names and sizes in them.
    Raises UserError when `path` is missing or unreadable.
    """
    digest = hashlib.blake2b(digest_size=16)
    size = 0
    try:
        if path.is_file():
            size = _hash_samples(path, digest)
        folder = path.with_suffix("") if path.suffix.lower() == ".mrxs" else path
        if folder.is_dir():
            for entry in sorted(folder.iterdir()):
                if entry.is_file():
                    size += entry.stat().st_size
                    digest.update(f"{entry.name}\0{entry.stat().st_size}\0".encode())
        elif not path.exists():
            raise FileNotFoundError
    except FileNotFoundError:
        raise UserError("The file “{path}” is missing.", path=path) from None
    except OSError as error:
        raise read_error(error, path) from error
    return f"{size}-{digest.hexdigest()}"


def _hash_samples(path: Path, digest: hashlib.blake2b) -> int:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        for start in sorted({0, max(0, size // 2 - _SAMPLE_BYTES // 2), max(0, size - _SAMPLE_BYTES)}):
            file.seek(start)
            digest.update(file.read(_SAMPLE_BYTES))
    return size


def sha256(path: Path) -> str:
    """Hex digest of a whole file. Raises UserError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise read_error(error, path) from error
