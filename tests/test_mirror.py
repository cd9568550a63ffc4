"""The tests mirror the tree: tests/a/test_b.py tests bcseg_gui/a/b.py, and tests/model/a/test_b.py model/a/b.py."""

from __future__ import annotations

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
    "ui/slide_view/test_hand.py": "the parts of the view together: pointer and keys with a tool in hand",
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
