from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.exporting import export as exports
from bcseg_gui.core.exporting.export import ExportCancelled, export
from bcseg_gui.core.formats.pairs import Manifest, load_manifest
from bcseg_gui.core.formats.table import PAIRS
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask, MaskClass
from bcseg_gui.core.project import Project, SlideEntry

MakePicture = Callable[..., Path]
Review = Callable[..., SlideEntry]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "to" / "export"


def export_pairs(project: Project, folder: Path, slide_ids: list[str] | None = None, **how: Any) -> Manifest:
    count = export(project, folder, PAIRS, slide_ids, **how)
    manifest = load_manifest(folder)
    assert len(manifest.pairs) == count
    return manifest


def pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        return np.asarray(picture)


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_reviewed_pictures_become_pairs(project: Project, make_picture: MakePicture, review: Review, out: Path) -> None:
    source = make_picture("ward/field.png")
    entry = project.update(replace(review(source, model="ternausnet16-v1"), mpp=0.1, cell_diameter=41.0))
    project.add(make_picture("untouched.png", 1))
    seen: list[tuple[int, int]] = []
    manifest = export_pairs(project, out, progress=lambda done, total: seen.append((done, total)))

    (pair,) = manifest.pairs
    assert load_manifest(out) == manifest
    assert files(out) == sorted(["manifest.json", pair.image, pair.mask])
    np.testing.assert_array_equal(pixels(out / pair.image), pixels(source))
    expected = np.zeros((40, 60), np.uint8)
    expected[6:11, 8:18] = expected[:2, :2] = 255
    np.testing.assert_array_equal(pixels(out / pair.mask), expected)
    assert (pair.slide, pair.source, pair.region) == (entry.id, "field.png", Region(0, 0, 60, 40))
    assert (pair.mpp, pair.cell_diameter, pair.model, pair.split) == (0.1, 41.0, "ternausnet16-v1", entry.split)
    for name, digest in ((pair.image, pair.image_sha256), (pair.mask, pair.mask_sha256)):
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
    assert seen == [(1, 1)]


def test_no_folder_name_leaves_the_project(
    project: Project, make_picture: MakePicture, review: Review, out: Path, tmp_path: Path
) -> None:
    review(make_picture("John Doe 1950/field.png"))
    export_pairs(project, out)
    for path in (out / name for name in files(out)):
        content = path.read_bytes()
        assert b"Doe" not in content
        assert str(tmp_path).encode() not in content


def test_only_the_reviewed_regions_are_written_clipped_and_once(
    project: Project, make_picture: MakePicture, review: Review, out: Path
) -> None:
    source = make_picture()
    part, corner = Region(4, 4, 20, 10), Region(50, 30, 100, 100)
    review(source, part, corner, part, Region(200, 200, 5, 5))
    manifest = export_pairs(project, out)
    assert [pair.region for pair in manifest.pairs] == [part, Region(50, 30, 10, 10)]
    for pair in manifest.pairs:
        rows, columns = pair.region.slices_in(Region(0, 0, 60, 40))
        np.testing.assert_array_equal(pixels(out / pair.image), pixels(source)[rows, columns])
        assert pixels(out / pair.mask).shape == (pair.region.h, pair.region.w)
    assert pixels(out / manifest.pairs[0].mask)[2:7, 4:14].min() == 255


def test_several_classes_are_ids_with_their_colours(
    project: Project, make_picture: MakePicture, review: Review, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classes = (MaskClass(1, "red", "#ff0000"), MaskClass(2, "white", "#0000ff"))
    monkeypatch.setattr(Project, "classes", classes)
    review(make_picture(), class_id=2)
    (pair,) = export_pairs(project, out).pairs
    with Image.open(out / pair.mask) as picture:
        assert picture.mode == "P"
        assert set(np.unique(np.asarray(picture))) == {0, 2}
        assert picture.convert("RGB").getpixel((8, 6)) == (0, 0, 255)


def test_large_region_becomes_several_pairs_that_cover_it(
    project: Project, make_picture: MakePicture, review: Review, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MAX_SIDE", 25)
    source = make_picture()
    review(source)
    manifest = export_pairs(project, out)
    assert len(manifest.pairs) == 6
    joined = np.zeros((40, 60, 3), np.uint8)
    covered = np.zeros((40, 60), np.int64)
    for pair in manifest.pairs:
        where = pair.region.slices_in(Region(0, 0, 60, 40))
        joined[where] = pixels(out / pair.image)
        covered[where] += 1
    np.testing.assert_array_equal(joined, pixels(source))
    assert (covered == 1).all()


@given(start=st.integers(0, 10**6), length=st.integers(1, 10**6))
def test_cuts_are_equal_parts_no_longer_than_allowed(start: int, length: int) -> None:
    parts = np.diff(exports._cuts(start, length))
    assert parts.sum() == length
    assert parts.max() <= exports.MAX_SIDE
    assert parts.max() - parts.min() <= 1


def test_named_slides_alone(project: Project, make_picture: MakePicture, review: Review, out: Path) -> None:
    entries = [review(make_picture(f"{number}.png", number)) for number in range(3)]
    manifest = export_pairs(project, out, [entries[1].id])
    assert [pair.slide for pair in manifest.pairs] == [entries[1].id]
    assert {pair.split for pair in export_pairs(project, out).pairs} == {"train", "holdout"}


def test_nothing_reviewed_is_told(project: Project, make_picture: MakePicture, out: Path) -> None:
    project.add(make_picture())
    with pytest.raises(UserError, match="No picture is reviewed yet"):
        export_pairs(project, out)
    assert list(out.parent.iterdir()) == []


def test_changed_or_vanished_slide_leaves_nothing_and_never_exports_an_empty_mask(
    project: Project, make_picture: MakePicture, review: Review, out: Path
) -> None:
    review(make_picture("first.png", 1))
    entry = review(make_picture())
    entry.path.unlink()
    with pytest.raises(UserError, match="is gone"):
        export_pairs(project, out)
    make_picture(seed=2)
    with pytest.raises(UserError, match="has changed"):
        export_pairs(project, out)
    make_picture()
    project.mask_path(entry).unlink()
    with pytest.raises(UserError, match=r"corrections of .* are gone"):
        export_pairs(project, out)
    assert list(out.parent.iterdir()) == []


def test_earlier_export_is_replaced_whole(
    project: Project, make_picture: MakePicture, review: Review, out: Path
) -> None:
    entries = [review(make_picture(f"{number}.png", number)) for number in range(2)]
    export_pairs(project, out)
    (out / "images" / "Thumbs.db").write_bytes(b"")
    project.update(replace(entries[0], status="doing"))
    manifest = export_pairs(project, out)
    assert [pair.slide for pair in manifest.pairs] == [entries[1].id]
    assert files(out) == sorted(["manifest.json", manifest.pairs[0].image, manifest.pairs[0].mask])
    assert [path.name for path in out.parent.iterdir()] == ["export"]


def test_folder_with_other_files_is_left_alone(
    project: Project, make_picture: MakePicture, review: Review, out: Path
) -> None:
    review(make_picture())
    out.mkdir(parents=True)
    export_pairs(project, out)
    (out / "images" / "thesis.doc").write_bytes(b"precious")
    foreign = out.with_name("foreign")
    foreign.mkdir()
    (foreign / "manifest.json").write_bytes(b"{}")
    newer = out.with_name("newer")
    newer.mkdir()
    (newer / "manifest.json").write_bytes(b'{"schema": 2}')
    file = out.with_name("file")
    file.write_bytes(b"")
    for folder, words in ((out, "other files"), (foreign, "other files"), (file, "other files"), (newer, "newer")):
        with pytest.raises(UserError, match=words):
            export_pairs(project, folder)
    assert (out / "images" / "thesis.doc").read_bytes() == b"precious"


@pytest.mark.parametrize("writes", range(5))
def test_full_disk_leaves_the_earlier_export(
    project: Project,
    make_picture: MakePicture,
    review: Review,
    out: Path,
    full_disk: Callable[[int], None],
    writes: int,
) -> None:
    review(make_picture())
    export_pairs(project, out)
    before = {name: (out / name).read_bytes() for name in files(out)}
    review(make_picture("more.png", 1))
    full_disk(writes)
    with pytest.raises(UserError, match=r"disk is full, so .*export. could not"):
        export_pairs(project, out)
    assert {name: (out / name).read_bytes() for name in files(out)} == before
    assert [path.name for path in out.parent.iterdir()] == ["export"]


@pytest.mark.parametrize("stop", [ExportCancelled, KeyboardInterrupt])
def test_interrupted_export_leaves_nothing(
    project: Project, make_picture: MakePicture, review: Review, out: Path, stop: type[BaseException]
) -> None:
    for number in range(2):
        review(make_picture(f"{number}.png", number))
    seen: list[int] = []

    def progress(done: int, total: int) -> None:
        seen.append(done)
        if stop is KeyboardInterrupt:
            raise KeyboardInterrupt

    with pytest.raises(stop):
        export_pairs(project, out, progress=progress, cancelled=lambda: bool(seen))
    assert seen == [1]
    assert list(out.parent.iterdir()) == []


def test_export_beside_an_open_mask_sees_finished_strokes_only(
    project: Project, make_picture: MakePicture, review: Review, out: Path
) -> None:
    entry = review(make_picture())
    with Mask.open(project.mask_path(entry), (60, 40)) as mask:
        stroke = mask.begin("brush")
        stroke.paint(Region(30, 30, 2, 2), np.ones((2, 2), np.bool_), 1)
        (pair,) = export_pairs(project, out).pairs
        assert pixels(out / pair.mask)[30, 30] == 0
        stroke.commit()
        mask.flush()  # as the window does before it exports: a stroke is written in the background
        (pair,) = export_pairs(project, out).pairs
        assert pixels(out / pair.mask)[30, 30] == 255


def test_undone_segmentation_is_not_named_as_the_model(
    project: Project, make_picture: MakePicture, review: Review, out: Path
) -> None:
    entry = review(make_picture(), model="ternausnet16-v1")
    with Mask.open(project.mask_path(entry), (60, 40)) as mask:
        mask.undo()
        mask.undo()
    assert export_pairs(project, out).pairs[0].model == ""
