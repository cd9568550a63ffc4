"""The documents name what is there: paths and modules between backticks exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "bcseg_gui"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PATH = re.compile(r"[\w.-]+(/[\w.-]+)*(\.py|\.md|/)")
DOTTED = re.compile(r"(bcseg_gui|cli|compute|core|model|session|ui)(\.\w+)+")
FILE_NAMES = {"model.json"}
"""They only look like modules."""


def quoted(page: Path) -> set[str]:
    prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return {word for span in re.findall(r"`([^`\n]+)`", prose) for word in span.split()}


def is_named(dotted: str) -> bool:
    """Whether this is a module, or a word of the module that comes before the last dot."""
    for room in (ROOT, PACKAGE):
        whole = room.joinpath(*dotted.split("."))
        if whole.is_dir() or whole.with_suffix(".py").is_file():
            return True
        for module in (whole.parent.with_suffix(".py"), whole.parent / "__init__.py"):
            if module.is_file() and re.search(rf"\b{whole.name}\b", module.read_text(encoding="utf-8")):
                return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_paths_and_modules_exist(page: Path) -> None:
    words = quoted(page) - FILE_NAMES
    paths = [word for word in words if PATH.fullmatch(word)]
    assert [path for path in paths if not any((at / path).exists() for at in (ROOT, PACKAGE, page.parent))] == []
    assert [word for word in words if DOTTED.fullmatch(word) and not is_named(word)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    lines = re.findall(r"^- \[(\d{4})\]\(((\d{4})-[\w-]+\.md)\) (.+)$", (folder / "README.md").read_text("utf-8"), re.M)
    assert [(name, f"# {title}") for _, name, _, title in lines] == [
        (path.name, path.read_text(encoding="utf-8").partition("\n")[0]) for path in sorted(folder.glob("[0-9]*.md"))
    ]
    assert [int(number) for number, *_ in lines] == list(range(1, len(lines) + 1))
