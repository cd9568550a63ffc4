from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import NewerFileError
from bcseg_gui.core.masks import MaskClass
from bcseg_gui.core.project import Project
from bcseg_gui.core.project.backup import backup_if_changed, restoration_notice, to_keep

NOW = datetime(2026, 11, 24, 10, 31, 5, tzinfo=UTC)
MakePicture = Callable[..., Path]


def names(project: Project) -> list[str]:
    return sorted(path.name for path in (project.folder / "backups").glob("*"))


def closed(project: Project) -> Path:
    project.close()
    return project.folder


@pytest.fixture
def backed_up(project: Project, make_picture: MakePicture) -> Project:
    """Two slides, one of them in work, when the backup was made."""
    first, _second = project.add_all([make_picture("a.png"), make_picture("b.png", 1)])
    project.update(replace(first, status="doing"))
    backup_if_changed(project.folder, NOW)
    return project


def slide_file(project: Project) -> Path:
    return project.folder / "slides" / project.slides[0].id / "slide.json"


# -- making them ------------------------------------------------------------------------------------------------------


def test_a_backup_holds_the_small_files_and_nothing_else(backed_up: Project) -> None:
    entry = backed_up.slides[0]
    backed_up.mask_path(entry).write_bytes(b"cells")
    model = backed_up.folder / "models" / "m"
    model.mkdir(parents=True)
    (model / "model.json").write_text("{}")
    (model / "weights.safetensors").write_bytes(b"weights")
    path = backup_if_changed(backed_up.folder, NOW + timedelta(hours=1))
    assert path is not None
    assert path.name == "2026-11-24T11-31-05.zip"
    with zipfile.ZipFile(path) as packed:
        assert packed.testzip() is None
        assert set(packed.namelist()) == {
            "project.json",
            "models/m/model.json",
            *(f"slides/{slide.id}/slide.json" for slide in backed_up.slides),
        }
        assert packed.read("project.json") == (backed_up.folder / "project.json").read_bytes()


def test_only_what_changed_is_backed_up(backed_up: Project) -> None:
    assert backup_if_changed(backed_up.folder, NOW + timedelta(hours=1)) is None
    backed_up.set_classes([MaskClass(1, "red cell", "#ff0000")])
    assert backup_if_changed(backed_up.folder, NOW + timedelta(hours=2)) is not None
    assert backup_if_changed(backed_up.folder, NOW + timedelta(hours=3)) is None
    assert names(backed_up) == ["2026-11-24T10-31-05.zip", "2026-11-24T12-31-05.zip"]


def test_old_backups_go_and_other_files_stay(backed_up: Project) -> None:
    folder = backed_up.folder / "backups"
    (folder / "mine.zip").write_bytes(b"")
    (folder / ".2026-11-24T09-00-00.zip-0badcafe.tmp").write_bytes(b"half")
    for hour in range(1, 31):
        backed_up.set_classes([MaskClass(1, f"cell {hour}", "#ff0000")])
        backup_if_changed(backed_up.folder, NOW + timedelta(hours=hour))
    left = names(backed_up)
    assert "mine.zip" in left
    assert not any(name.startswith(".") for name in left)
    assert len(left) == 1 + 10 + 1, "the newest ten, and that of yesterday"
    assert left[-2] == "2026-11-25T16-31-05.zip"


def test_a_full_disk_keeps_the_backups_there_are(backed_up: Project, full_disk: Callable[[int], None]) -> None:
    backed_up.set_classes([MaskClass(1, "red cell", "#ff0000")])
    full_disk(0)
    with pytest.raises(UserError, match="disk is full"):
        backup_if_changed(backed_up.folder, NOW + timedelta(hours=1))
    assert names(backed_up) == ["2026-11-24T10-31-05.zip"]


def test_a_folder_that_is_no_project_gets_no_backup(tmp_path: Path) -> None:
    assert backup_if_changed(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


moments = st.sets(
    st.integers(-40, 1_000 * 24).map(lambda hours: NOW - timedelta(hours=hours)),
    max_size=80,
)


@given(moments)
def test_the_newest_and_one_of_each_recent_day_and_month_stay(made: set[datetime]) -> None:
    keep = to_keep(made, NOW)
    assert keep <= made
    assert set(sorted(made)[-10:]) <= keep
    for moment in made:
        if timedelta(0) <= NOW - moment < timedelta(14):
            assert any(kept.date() == moment.date() and kept >= moment for kept in keep)
        if timedelta(0) <= NOW - moment < timedelta(365):
            assert any((kept.year, kept.month) == (moment.year, moment.month) and kept >= moment for kept in keep)
    assert to_keep(keep, NOW) == keep
    assert len({kept for kept in keep if kept <= NOW}) <= 10 + 15 + 13


@given(st.lists(st.floats(0.01, 400), max_size=150))
def test_backups_made_and_removed_over_the_years_stay_few_and_reach_back(hours: list[float]) -> None:
    now, there = NOW, set[datetime]()
    every: list[datetime] = []
    for gap in hours:
        now += timedelta(hours=gap)
        every.append(now)
        there = to_keep({*there, now}, now)
        assert len(there) <= 10 + 15 + 13
    for moment in every:
        if now - moment < timedelta(365):
            assert any((kept.year, kept.month) == (moment.year, moment.month) for kept in there)


# -- bringing files back ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [b"", bytes(300), b'{"schema": 2, "id": ', None])
def test_a_damaged_or_missing_slide_file_comes_back(backed_up: Project, damage: bytes | None) -> None:
    path, before = slide_file(backed_up), backed_up.slides
    folder = closed(backed_up)
    path.unlink() if damage is None else path.write_bytes(damage)
    with Project.open(folder) as project:
        assert project.slides == before
        (restored,) = project.restored
        assert (restored.path, restored.at) == (path, NOW)
        if damage is None:
            assert restored.kept is None
        else:
            assert restored.kept is not None
            assert restored.kept.read_bytes() == damage
            assert restored.kept.name.startswith("slide-damaged-")
        assert "2026-11-24" in str(restoration_notice(project.restored))
    with Project.open(folder) as project:
        assert project.restored == ()


def test_a_damaged_project_file_comes_back_with_the_pictures_added_since(
    backed_up: Project, make_picture: MakePicture
) -> None:
    backed_up.add(make_picture("c.png", 2))
    before = backed_up.slides
    folder = closed(backed_up)
    (folder / "project.json").write_bytes(bytes(500))
    with Project.open(folder) as project:
        assert project.slides == before
        assert "list of pictures and classes" in str(restoration_notice(project.restored))
    assert len(list(folder.glob("project-damaged-*.json"))) == 1
    with Project.open(folder) as project:
        assert project.slides == before


def test_a_missing_project_file_comes_back(backed_up: Project) -> None:
    before = backed_up.slides
    folder = closed(backed_up)
    (folder / "project.json").unlink()
    with Project.open(folder) as project:
        assert project.slides == before


def test_the_newest_backup_with_a_sound_copy_is_taken(backed_up: Project) -> None:
    path = slide_file(backed_up)
    entry = backed_up.update(replace(backed_up.slides[0], cell_diameter=33.0))
    backup_if_changed(backed_up.folder, NOW + timedelta(hours=1))
    folder = closed(backed_up)
    path.write_bytes(b"{")
    backup_if_changed(folder, NOW + timedelta(hours=2))
    (folder / "backups" / "2026-11-24T13-31-05.zip").write_bytes(b"PK no zip at all")
    with Project.open(folder) as project:
        assert project.slides[0] == entry
        assert project.restored[0].at == NOW + timedelta(hours=1)


def test_without_a_sound_copy_the_file_stays_and_the_project_says_so(project: Project, make_picture) -> None:
    backup_if_changed(project.folder, NOW)
    project.add(make_picture())
    path = slide_file(project)
    folder = closed(project)
    path.write_bytes(b"{")
    with pytest.raises(UserError, match="is damaged"):
        Project.open(folder)
    assert path.read_bytes() == b"{"
    assert [left.name for left in path.parent.iterdir()] == ["slide.json"]


def test_a_full_disk_leaves_the_damaged_file_alone(backed_up: Project, full_disk: Callable[[int], None]) -> None:
    path = slide_file(backed_up)
    folder = closed(backed_up)
    path.write_bytes(b"{")
    full_disk(0)
    with pytest.raises(UserError, match="disk is full"):
        Project.open(folder)
    assert [left.name for left in path.parent.iterdir()] == ["slide.json"]
    assert path.read_bytes() == b"{"


def test_files_of_a_newer_version_are_never_replaced(backed_up: Project) -> None:
    for path in (slide_file(backed_up), backed_up.folder / "project.json"):
        backed_up.close()
        data = path.read_bytes()
        newer = json.dumps({**json.loads(data), "schema": 99, "status": "unheard of"}).encode()
        path.write_bytes(newer)
        with pytest.raises(NewerFileError):
            Project.open(backed_up.folder)
        assert path.read_bytes() == newer
        path.write_bytes(data)
