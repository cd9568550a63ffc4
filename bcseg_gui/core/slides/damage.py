"""What is said of a file whose bytes are not what they should be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError


class NotAPictureError(Exception):
    """The bytes are none of the formats read here."""


class DamagedPictureError(Exception):
    """The format is known but the pixels are not all there; the text says why."""


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
    """Make one UserError of whatever a decoder raises; what says that the file or the memory is away passes."""
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
