"""Pairs of picture and mask on disk, and their split into training and holdout."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from .errors import ModelError

VALIDATION_EVERY = 5


@dataclass(frozen=True, slots=True)
class Pair:
    """`cell_diameter`: level-0 px; None: measured on the mask.

    `teacher`: a larger model's probability of foreground as an 8-bit grey picture. `predicted`: the mask is that
    model's too, not a person's. `slide`: what the picture is a part of; empty: unknown. `corrected`: a grey picture,
    white where a person decided; crops are taken there more often.
    """

    image: Path
    mask: Path
    cell_diameter: float | None = None
    teacher: Path | None = None
    predicted: bool = False
    slide: str = ""
    corrected: Path | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """Pairs to train on and pairs to test on; `hash` identifies their contents.

    `class_ids`: the value of each class of the model in the masks, see `read_mask`.
    """

    training: tuple[Pair, ...]
    holdout: tuple[Pair, ...]
    hash: str
    class_ids: tuple[int, ...] = ()


def find_pairs(images: Path, masks: Path) -> list[Pair]:
    """Pairs with the same stem in two folders, in sorted order. Pictures without a mask are ignored."""
    for folder in (images, masks):
        if not folder.is_dir():
            raise ModelError(
                "{folder} is not a folder. Give a folder of pictures and a folder of masks.", folder=folder
            )
    found = {path.stem: path for path in sorted(masks.iterdir()) if path.is_file() and not path.name.startswith(".")}
    pairs = [Pair(path, found[path.stem]) for path in sorted(images.iterdir()) if path.is_file() and path.stem in found]
    if not pairs:
        raise ModelError(
            "No picture in {images} has a mask of the same name in {masks}. Check the two folders.",
            images=images,
            masks=masks,
        )
    return pairs


def split_pairs(pairs: Sequence[Pair]) -> Dataset:
    """Hold out every fifth pair (index 4, 9, …), or the last of fewer than five. Raises ModelError for one alone."""
    holdout = tuple(pairs[VALIDATION_EVERY - 1 :: VALIDATION_EVERY]) or tuple(pairs[-1:])
    training = tuple(pair for pair in pairs if pair not in holdout)
    if not training:
        raise ModelError("At least two pairs are needed: one to learn from and one to test on.")
    return Dataset(training, holdout, hash_pairs(pairs))


class _ManifestPair(msgspec.Struct):
    image: str
    mask: str
    split: str
    cell_diameter: float | None = None
    slide: str = ""
    corrected: str = ""


class _Manifest(msgspec.Struct):
    pairs: list[_ManifestPair]


def load_dataset(folder: Path) -> Dataset:
    """Read an exported dataset with its frozen split from `manifest.json`."""
    path = folder / "manifest.json"
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=_Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError("{path} cannot be read: {reason}. Export the pairs again.", path=path, reason=error) from error
    by_split: dict[str, list[Pair]] = {"train": [], "holdout": []}
    for entry in manifest.pairs:
        by_split.setdefault(entry.split, []).append(
            Pair(
                folder / entry.image,
                folder / entry.mask,
                entry.cell_diameter,
                slide=entry.slide,
                corrected=folder / entry.corrected if entry.corrected else None,
            )
        )
    if not by_split["train"] or not by_split["holdout"]:
        raise ModelError(
            "{path} needs pictures to learn from and pictures for the test. Review at least two.", path=path
        )
    training, holdout = tuple(by_split["train"]), tuple(by_split["holdout"])
    return Dataset(training, holdout, hash_pairs(training + holdout))


def hash_pairs(pairs: Sequence[Pair]) -> str:
    """Hash of the contents of all files: 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for pair in pairs:
        for path in filter(None, (pair.image, pair.mask, pair.teacher, pair.corrected)):
            digest.update(hash_file(path))
    return digest.hexdigest()[:16]


def hash_file(path: Path) -> bytes:
    """SHA-256 of a file's contents. Raises ModelError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise ModelError("{path} cannot be read: {reason}.", path=path, reason=error.strerror) from error
