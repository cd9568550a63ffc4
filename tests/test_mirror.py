"""The tests mirror the tree: tests/a/test_b.py tests bcseg_gui/a/b.py, and tests/model/a/test_b.py model/a/b.py."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent

WITHOUT_A_SOURCE = {
    "core/masks/test_crash.py": "mask and storage together, killed between any two writes",
    "core/slides/test_bad_input.py": "broken files, whichever reader gets them",
    "core/slides/test_drives.py": "drives that are gone or hang, under every reader",
    "core/slides/test_formats.py": "one file of each kind through open_slide",
    "core/slides/test_large_pictures.py": "large_picture and unpacking together",
    "core/slides/test_pages.py": "files of several pages, whichever reader gets them",
    "core/slides/test_real_slides.py": "slides of real scanners, where there are some",
    "e2e/": "the real program as a person drives it",
    "test_architecture.py": "the rules of the house",
    "test_documents.py": "README, ARCHITECTURE and their like",
    "test_mirror.py": "the tests themselves",
    "test_privacy.py": "every room: what may never leave the computer",
    "test_tables.py": "each table of the app, row by row",
    "test_translations.py": "the catalogue",
    "ui/slide_view/test_showing.py": "the parts of the view together: what is on screen",
    "ui/slide_view/test_turned.py": "the parts of the view together, on a turned slide",
    "ui/test_class_sizes.py": "every class of the window: how large it is",
    "ui/test_correcting.py": "window and session together: what a person corrects",
    "ui/tools/test_smart_brush.py": "the smart brush of ui/tools/brush.py, which fills a file",
}
"""Tests of no single file, and what they are of. Paths in tests/; one that ends in / stands for a folder."""

FILES = sorted(path.relative_to(TESTS) for path in TESTS.rglob("test_*.py"))


def sources(test: Path) -> tuple[Path, Path]:
    """What a test file may be of: a module, or a package that is small enough to be one."""
    room = ROOT if test.parts[0] == "model" else ROOT / "bcseg_gui"
    module = room / test.parent / test.stem.removeprefix("test_")
    return module.with_suffix(".py"), module / "__init__.py"


def exception(test: Path) -> str | None:
    names = (test.as_posix(), *(f"{folder.as_posix()}/" for folder in test.parents))
    return next((name for name in names if name in WITHOUT_A_SOURCE), None)


@pytest.mark.parametrize("test", FILES, ids=str)
def test_a_test_file_stands_where_its_source_does(test: Path) -> None:
    has_source = any(source.is_file() for source in sources(test))
    if exception(test) is None:
        assert has_source, f"{test} mirrors no file: move it, or say in WITHOUT_A_SOURCE what it is of"
    else:
        assert not has_source, f"{test} mirrors a file now: take it off WITHOUT_A_SOURCE"


def test_no_exception_outlives_its_test() -> None:
    assert {exception(test) for test in FILES} - {None} == set(WITHOUT_A_SOURCE)


TESTED_THROUGH_OTHERS = """
bcseg_gui/cli/failures.py
bcseg_gui/cli/truth.py
bcseg_gui/compute/calibration.py
bcseg_gui/compute/reading.py
bcseg_gui/compute/segmenting/methods.py
bcseg_gui/compute/segmenting/working_mask.py
bcseg_gui/core/damaged_files.py
bcseg_gui/core/locations.py
bcseg_gui/core/masks/classes.py
bcseg_gui/core/masks/storage/btree.py
bcseg_gui/core/masks/storage/salvage.py
bcseg_gui/core/masks/storage/tileset.py
bcseg_gui/core/project/entry.py
bcseg_gui/core/project/paths.py
bcseg_gui/core/project/reading.py
bcseg_gui/core/slides/damage.py
bcseg_gui/core/slides/pillow_reader.py
bcseg_gui/core/slides/tiff_colours.py
bcseg_gui/core/slides/tiff_metadata.py
bcseg_gui/core/slides/tiff_plane.py
bcseg_gui/core/synthetic/cells.py
bcseg_gui/core/tools/join.py
bcseg_gui/core/tools/line.py
bcseg_gui/core/tools/neck.py
bcseg_gui/core/tools/surroundings.py
bcseg_gui/core/user.py
bcseg_gui/session/background.py
bcseg_gui/session/comparing.py
bcseg_gui/session/documents.py
bcseg_gui/session/exporting.py
bcseg_gui/session/open.py
bcseg_gui/session/project_home.py
bcseg_gui/ui/actions/conditions.py
bcseg_gui/ui/dialogs/compare.py
bcseg_gui/ui/dialogs/retrain_buttons.py
bcseg_gui/ui/operations/common.py
bcseg_gui/ui/operations/failures.py
bcseg_gui/ui/operations/operations.py
bcseg_gui/ui/panels/empty.py
bcseg_gui/ui/panels/history_delegate.py
bcseg_gui/ui/panels/picture_pane.py
bcseg_gui/ui/panels/thumbnails.py
bcseg_gui/ui/panels/worklist_model.py
bcseg_gui/ui/presenters/document.py
bcseg_gui/ui/presenters/look.py
bcseg_gui/ui/presenters/overlay.py
bcseg_gui/ui/presenters/status.py
bcseg_gui/ui/presenters/worklist.py
bcseg_gui/ui/slide_view/brush_cursor.py
bcseg_gui/ui/slide_view/corners.py
bcseg_gui/ui/slide_view/loupe.py
bcseg_gui/ui/slide_view/mask_layer.py
bcseg_gui/ui/slide_view/memory.py
bcseg_gui/ui/slide_view/minimap.py
bcseg_gui/ui/slide_view/mouse.py
bcseg_gui/ui/slide_view/navigation.py
bcseg_gui/ui/slide_view/outline_item.py
bcseg_gui/ui/slide_view/overview_refresher.py
bcseg_gui/ui/slide_view/picture_layer.py
bcseg_gui/ui/slide_view/pointer.py
bcseg_gui/ui/slide_view/sketch.py
bcseg_gui/ui/slide_view/throttle.py
bcseg_gui/ui/tools/new_cell.py
bcseg_gui/ui/tools/pan.py
bcseg_gui/ui/tools/pick.py
bcseg_gui/ui/tools/picked_cells.py
bcseg_gui/ui/tools/tool.py
bcseg_gui/ui/widgets/adjustment.py
bcseg_gui/ui/widgets/search_box.py
model/components.py
model/engines/quiet_openvino.py
model/files.py
model/scoring/evaluate.py
model/training/measure.py
"""
"""Files that no test mirrors or imports: they are tested through those that use them. The list may only shrink."""


def imported_by_tests() -> set[str]:
    names: set[str] = set()
    for path in TESTS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_a_source_file_has_a_test_or_is_listed() -> None:
    mirrored = {source for test in FILES for source in sources(test)}
    imported = imported_by_tests()
    untested = {
        source.relative_to(ROOT).as_posix()
        for room in (ROOT / "bcseg_gui", ROOT / "model")
        for source in room.rglob("*.py")
        if source.name not in ("__init__.py", "__main__.py")
        if source not in mirrored
        if ".".join(source.relative_to(ROOT).with_suffix("").parts) not in imported
    }
    assert untested == set(TESTED_THROUGH_OTHERS.split())
