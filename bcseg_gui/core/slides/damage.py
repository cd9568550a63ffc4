"""Errors for files whose bytes are damaged or no picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError


class NotAPictureError(Exception):
    """The bytes are in no format that is read here."""


class DamagedPictureError(Exception):
    """The format is known but pixels are missing; the message says why."""


def damaged(path: Path, reason: object) -> UserError:
    return UserError(
        "“{path}” is damaged, cut short, or of a kind that cannot be read ({reason}). Copy it again from its source, "
        "or save it as TIFF or PNG.",
        path=path,
        reason=str(reason) or type(reason).__name__,
    )


def not_a_picture(path: Path) -> UserError:
    return UserError(
        "“{path}” is not a picture or slide that can be read here. Choose a PNG, JPEG, TIFF or BMP picture, or a "
        "whole slide such as SVS, NDPI, MRXS or DICOM.",
        path=path,
    )


def no_such_page(path: Path, page: int, count: int) -> UserError:
    return UserError(
        "“{path}” has no page {page}: it has {count}. Choose one of those.", path=path, page=page + 1, count=count
    )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn whatever a decoder raises into UserError, except for missing files, permissions and memory."""
    try:
        yield
    except (UserError, PermissionError, FileNotFoundError, MemoryError):
        raise
    except NotAPictureError:
        raise not_a_picture(path) from None
    except DamagedPictureError as error:
        raise damaged(path, error) from None
    except Exception as error:  # a decoder fed with damaged bytes may raise anything
        raise damaged(path, error) from error
