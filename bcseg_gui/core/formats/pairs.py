"""Pairs: pictures and their masks as PNG files, which is what a model is trained on.

FOLDER/images/NAME.png     RGB, level-0 pixels of one piece
FOLDER/masks/NAME.png      one class: 0/255; several: class ids, with a palette
FOLDER/corrected/NAME.png  255 where a person decided; only of pieces that tell
FOLDER/manifest.json       `Manifest`
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from ..errors import UserError
from ..files import NewerFileError, encode_json, new_file, read_json, sha256
from ..geometry import Region
from ..masks import MaskClass
from .format import Piece

MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True, slots=True)
class Pair:
    """A piece in files. `image`, `mask` and `corrected` are relative to the folder, the last is empty if there is none.

    See `Piece` for the other fields.
    """

    image: str
    mask: str
    slide: str
    source: str
    region: Region
    mpp: float | None
    cell_diameter: float | None
    model: str
    split: Literal["train", "holdout"]
    image_sha256: str
    mask_sha256: str
    corrected: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    classes: tuple[MaskClass, ...]
    pairs: tuple[Pair, ...]
    schema: int = 1


def write_pairs(folder: Path, pieces: Iterable[Piece], classes: Sequence[MaskClass]) -> Manifest:
    """Write `pieces` into an empty folder. Raises UserError when it cannot be written."""
    (folder / "images").mkdir()
    (folder / "masks").mkdir()
    manifest = Manifest(tuple(classes), tuple(_write_pair(folder, piece, classes) for piece in pieces))
    with new_file(folder / MANIFEST_FILE) as file:
        file.write(encode_json(manifest))
    return manifest


def read_pairs(folder: Path) -> Iterator[Piece]:
    """The pieces that `write_pairs` wrote. Raises UserError as `load_manifest` does, OSError for a missing picture."""
    manifest = load_manifest(folder)
    for pair in manifest.pairs:
        labels = _read_png(folder / pair.mask)
        yield Piece(
            name=PurePosixPath(pair.image).stem,
            slide=pair.slide,
            source=pair.source,
            region=pair.region,
            mpp=pair.mpp,
            cell_diameter=pair.cell_diameter,
            model=pair.model,
            split=pair.split,
            picture=_read_png(folder / pair.image),
            classes=(labels > 0) * np.uint8(manifest.classes[0].id) if len(manifest.classes) == 1 else labels,
            corrected=_read_png(folder / pair.corrected) > 0 if pair.corrected else None,
        )


def load_manifest(folder: Path) -> Manifest:
    """Raises UserError when the folder holds no manifest, or a damaged or newer one."""
    return read_json(folder / MANIFEST_FILE, Manifest)


def written_pairs(folder: Path) -> set[Path]:
    """The files of an earlier export in `folder`. Raises NewerFileError when a newer program wrote it."""
    try:
        manifest = load_manifest(folder)
    except NewerFileError:
        raise
    except UserError:
        return set()
    names = [name for pair in manifest.pairs for name in (pair.image, pair.mask)]
    return {folder / name for name in (MANIFEST_FILE, *names)}


def _write_pair(folder: Path, piece: Piece, classes: Sequence[MaskClass]) -> Pair:
    image, mask, corrected = (f"{kind}/{piece.name}.png" for kind in ("images", "masks", "corrected"))
    _write_png(folder / image, Image.fromarray(piece.picture))
    _write_png(folder / mask, _label_picture(piece.classes, classes))
    if piece.corrected is not None:
        (folder / "corrected").mkdir(exist_ok=True)
        _write_png(folder / corrected, Image.fromarray(piece.corrected * np.uint8(255)))
    return Pair(
        image=image,
        mask=mask,
        slide=piece.slide,
        source=piece.source,
        region=piece.region,
        mpp=piece.mpp,
        cell_diameter=piece.cell_diameter,
        model=piece.model,
        split=piece.split,
        image_sha256=sha256(folder / image),
        mask_sha256=sha256(folder / mask),
        corrected=corrected if piece.corrected is not None else "",
    )


def _label_picture(ids: NDArray[np.uint8], classes: Sequence[MaskClass]) -> Image.Image:
    if len(classes) == 1:
        return Image.fromarray(np.where(ids > 0, np.uint8(255), np.uint8(0)))
    palette = [0] * 768
    for mask_class in classes:
        palette[3 * mask_class.id : 3 * mask_class.id + 3] = ImageColor.getrgb(mask_class.color)[:3]
    picture = Image.fromarray(ids)
    picture.putpalette(palette)
    return picture


def _write_png(path: Path, picture: Image.Image) -> None:
    with new_file(path) as file:
        picture.save(file, "PNG", compress_level=3)


def _read_png(path: Path) -> NDArray[np.uint8]:
    with Image.open(path, formats=("PNG",)) as picture:
        return np.asarray(picture, np.uint8)
