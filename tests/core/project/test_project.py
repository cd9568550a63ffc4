from __future__ import annotations

import json
import os
import string
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.project import Project, SlideEntry, Split

MakePicture = Callable[..., Path]
Review = Callable[..., SlideEntry]


def reopened(project: Project) -> Project:
    project.close()
    return Project.open(project.folder)


def test_everything_is_there_after_reopening(project: Project, make_picture: MakePicture) -> None:
    first, second = project.add_all([make_picture("b.png"), make_picture("a.png", 1)])
    changed = replace(
        first, status="doing", cell_diameter=41.5, width=60, height=40, mpp=0.25, reviewed=(Region(1, 2, 3, 4),)
    )
    assert project.update(changed) == changed
    with reopened(project) as again:
        assert again.slides == [changed, second]
        assert again.classes == project.classes
        assert again.name == "Ward7"


numbers = st.floats(0.01, 1e6)


@settings(max_examples=25)  # each is a project on disk
@given(data=st.data())
def test_entry_round_trip(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("round")
    (folder / "slide.svs").write_bytes(b"slide")
    with Project.create(folder / "P.bcseg") as project:
        entry = replace(
            project.add(folder / "slide.svs"),
            mpp=data.draw(st.none() | numbers),
            given_mpp=data.draw(st.none() | numbers),
            page=data.draw(st.integers(0, 9)),
            cell_diameter=data.draw(st.none() | numbers),
            status=data.draw(st.sampled_from(["todo", "doing", "reviewed"])),
            reviewed=data.draw(st.lists(st.builds(Region, *[st.integers(0, 2**40)] * 4), max_size=3).map(tuple)),
        )
        kept = project.update(entry)
    assert replace(kept, split="") == entry
    with Project.open(folder / "P.bcseg") as project:
        assert project.slides == [kept]


def test_same_file_is_added_once(project: Project, make_picture: MakePicture, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_picture()
    entry = project.add(path)
    monkeypatch.chdir(path.parent)
    assert project.add_all([path, Path("field.png"), path.parent / "x" / ".." / "field.png"]) == [entry] * 3
    assert project.slides == [entry]


def test_thousand_slides_keep_their_order(project: Project, make_picture: MakePicture) -> None:
    paths = [make_picture(f"{number}.png", size=(1, 1)) for number in range(1000)]
    entries = project.add_all(paths)
    with reopened(project) as again:
        assert again.slides == entries
        assert [entry.path for entry in again.slides] == paths


@settings(max_examples=25)
@given(
    name=st.text(string.printable.replace("/", "") + "éß細胞", min_size=1, max_size=40).filter(lambda s: s.strip("."))
)
def test_id_is_a_safe_folder_name(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("ids")
    path = folder / name
    if os.sep in name or os.name == "nt":
        return
    path.write_bytes(b"x")
    with Project.create(folder / "P.bcseg") as project:
        slide_id = project.add(path).id
    assert set(slide_id) <= set(string.ascii_lowercase + string.digits + "-")
    assert 12 <= len(slide_id) <= 36


def test_moving_the_project_with_its_pictures_keeps_both_together(
    tmp_path: Path, make_picture: MakePicture, project: Project
) -> None:
    entry = project.add(make_picture("pictures/field.png"))
    project.close()
    new = tmp_path / "new place"
    new.mkdir()
    (tmp_path / "pictures").rename(new / "pictures")
    project.folder.rename(new / "Ward7.bcseg")
    with Project.open(new / "Ward7.bcseg") as moved:
        assert moved.slides == [replace(entry, path=new / "pictures" / "field.png")]
        moved.check(moved.slides[0])


def test_picture_elsewhere_is_kept_by_its_full_path(tmp_path: Path, make_picture: MakePicture) -> None:
    path = make_picture()
    with Project.create(tmp_path / "deep" / "P.bcseg") as project:
        entry = project.add(path)
        stored = json.loads((project.folder / "slides" / entry.id / "slide.json").read_bytes())
        assert Path(stored["path"]) == path
        with reopened(project) as again:
            assert again.slides == [entry]


def test_slide_that_is_missing_is_not_added(project: Project, make_picture: MakePicture, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.png. is missing"):
        project.add_all([make_picture(), tmp_path / "gone.png"])
    assert project.slides == []


def test_vanished_slide_is_told_and_can_be_found_again(project: Project, make_picture: MakePicture) -> None:
    path = make_picture()
    entry = project.add(path)
    project.check(entry)
    path.rename(path.with_name("moved.png"))
    with pytest.raises(UserError, match=r"field\.png. is gone"):
        project.check(entry)
    found = project.relocate(entry, path.with_name("moved.png"))
    project.check(found)
    assert found.id == entry.id
    assert project.add(path.with_name("moved.png")) == found


def test_another_slide_where_a_moved_one_was_is_a_slide_of_its_own(project: Project, make_picture: MakePicture) -> None:
    path = make_picture()
    entry = project.add(path)
    path.rename(path.with_name("moved.png"))
    moved = project.relocate(entry, path.with_name("moved.png"))
    other = project.add(make_picture(seed=1))
    assert other.id != moved.id
    with reopened(project) as again:
        assert again.slides == [moved, other]


def test_changed_slide_is_told(project: Project, make_picture: MakePicture) -> None:
    entry = project.add(make_picture())
    make_picture(seed=1)
    with pytest.raises(UserError, match=r"field\.png. has changed"):
        project.check(entry)
    with pytest.raises(UserError, match="is not the picture"):
        project.relocate(entry, make_picture("other.png", 2))


def test_lost_mask_is_not_opened_as_an_empty_one(project: Project, make_picture: MakePicture, review: Review) -> None:
    entry = review(make_picture())
    project.check(entry)
    project.mask_path(entry).unlink()
    with pytest.raises(UserError, match=r"corrections of “field\.png” are gone"):
        project.check(entry)


def test_mask_lies_in_the_project(project: Project, make_picture: MakePicture) -> None:
    entry = project.add(make_picture())
    Mask.open(project.mask_path(entry), (60, 40)).close()
    assert project.mask_path(entry).is_relative_to(project.folder)


def test_side_is_chosen_at_the_first_review_for_good(project: Project, make_picture: MakePicture) -> None:
    entries = project.add_all([make_picture(f"{number}.png", number) for number in range(4)])
    assert {entry.split for entry in entries} == {""}
    sides = [project.update(replace(entry, status="reviewed")).split for entry in entries]
    assert {"train", "holdout"} == set(sides)
    for entry, side in zip(project.slides, sides, strict=True):
        project.update(replace(entry, status="doing", split=""))
        other: Split = "train" if side == "holdout" else "holdout"
        assert project.update(replace(entry, status="reviewed", split=other)).split == side


def test_copy_of_a_slide_is_on_the_same_side(project: Project, make_picture: MakePicture) -> None:
    for number in range(4):
        project.update(replace(project.add(make_picture(f"{number}.png", number)), status="reviewed"))
    for number in range(4):
        copy = project.update(replace(project.add(make_picture(f"copy/{number}.png", number)), status="reviewed"))
        assert copy.split == project.slides[number].split


def test_it_counts_what_is_reviewed(project: Project, make_picture: MakePicture) -> None:
    entries = project.add_all([make_picture(f"{number}.png", number) for number in range(3)])
    for entry in entries:
        project.update(replace(entry, status="reviewed"))
    project.update(replace(project.get(entries[1].id), status="doing"))
    assert project.reviewed_count == 2
    with reopened(project) as again:
        assert again.reviewed_count == 2


def test_an_entry_is_found_by_its_file(project: Project, make_picture: MakePicture) -> None:
    entry = project.add(make_picture())
    assert project.find(entry.path) == entry
    assert project.find(entry.path.parent / "x" / ".." / "field.png") == entry
    assert project.find(make_picture("other.png")) is None


def test_opened_folders_and_pictures_are_remembered_each_once(project: Project, tmp_path: Path) -> None:
    elsewhere = Path(tmp_path.anchor) / "drive" / "fields"
    project.remember([tmp_path, elsewhere], [tmp_path / "a.png"])
    project.remember([elsewhere], [tmp_path / "a.png", tmp_path / "b.png"])
    with reopened(project) as again:
        assert again.folders == [tmp_path, elsewhere]
        assert again.pictures == [tmp_path / "a.png", tmp_path / "b.png"]
        assert again.slides == []


def test_remembered_folders_move_with_the_project(project: Project, tmp_path: Path) -> None:
    (tmp_path / "fields").mkdir()
    project.remember([tmp_path, tmp_path / "fields"], [])
    project.close()
    new = tmp_path.with_name(tmp_path.name + " moved")
    tmp_path.rename(new)
    with Project.open(new / project.folder.name) as moved:
        assert moved.folders == [new, new / "fields"]
    new.rename(tmp_path)


def test_each_page_has_a_mask_and_a_review_of_its_own(
    project: Project, make_picture: MakePicture, review: Review
) -> None:
    entry = review(make_picture())
    first = project.mask_path(entry)
    assert first.name == "mask.sqlite"
    second = project.turn(entry, 2)
    assert project.mask_path(second).name == "mask-page2.sqlite"
    assert (second.status, second.reviewed, second.width) == ("todo", (), 0)
    assert project.reviewed_count == 0
    project.check(second)
    back = project.turn(second, 0)
    assert (project.mask_path(back), back.status, back.split) == (first, "reviewed", entry.split)
    assert (back.reviewed, project.reviewed_count) == (entry.reviewed, 1), "looking at a page takes nothing away"


def test_a_project_of_an_earlier_version_opens_as_it_was(
    project: Project, make_picture: MakePicture, review: Review
) -> None:
    entry = review(make_picture())
    new_keys = {"folders", "pictures", "page", "given_mpp", "other_pages"}
    for file in (project.folder / "project.json", project.folder / "slides" / entry.id / "slide.json"):
        content = json.loads(file.read_bytes())
        old = {key: value for key, value in content.items() if key not in new_keys} | {"schema": 1}
        file.write_text(json.dumps(old))
    with reopened(project) as again:
        assert again.slides == [entry]
        assert again.folders == again.pictures == []
        again.check(entry)
        again.update(replace(entry, given_mpp=0.2))
    stored = json.loads((project.folder / "slides" / entry.id / "slide.json").read_bytes())
    assert stored["schema"] == 2, "an older program would drop what it does not know"


def test_second_program_cannot_open_it(project: Project) -> None:
    with pytest.raises(UserError, match="“Ward7” is already open"):
        Project.open(project.folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b'{"schema": 3}', "newer version"), (b"{", "damaged"), (b'{"schema": 1, "slides": ["x"]}', "missing")],
)
def test_refused_project_is_left_as_it_is_and_not_locked(project: Project, content: bytes, words: str) -> None:
    project.close()
    path = project.folder / "project.json"
    sound = path.read_bytes()
    path.write_bytes(content)
    with pytest.raises(UserError, match=words):
        Project.open(project.folder)
    assert path.read_bytes() == content
    path.write_bytes(sound)
    Project.open(project.folder).close()


def test_folder_that_is_no_project_is_told_and_not_touched(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for path in (folder, tmp_path / "absent"):
        with pytest.raises(UserError, match="is not a project"):
            Project.open(path)
    assert list(folder.iterdir()) == []


def test_create_never_takes_over_a_folder(tmp_path: Path, project: Project) -> None:
    (tmp_path / "file.bcseg").write_bytes(b"")
    for taken in (project.folder, tmp_path / "file.bcseg"):
        with pytest.raises(UserError, match="exists already"):
            Project.create(taken)


def test_full_disk_changes_nothing(
    project: Project, make_picture: MakePicture, full_disk: Callable[[int], None]
) -> None:
    entry = project.add(make_picture())
    full_disk(0)
    with pytest.raises(UserError, match="disk is full"):
        project.update(replace(entry, status="doing"))
    with pytest.raises(UserError, match="disk is full"):
        project.add(make_picture("other.png", 1))
    assert project.slides == [entry]
    with reopened(project) as again:
        assert again.slides == [entry]


def test_full_disk_at_creation_does_not_stand_in_the_way_later(
    tmp_path: Path, full_disk: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    full_disk(0)
    with pytest.raises(UserError, match="disk is full"):
        Project.create(tmp_path / "P.bcseg")
    monkeypatch.undo()
    Project.create(tmp_path / "P.bcseg").close()


def test_leftovers_are_removed_on_opening(project: Project) -> None:
    leftover = project.folder / "datasets" / ".dataset-0.tmp" / "images"
    leftover.mkdir(parents=True)
    with reopened(project):
        assert not leftover.exists()


def test_project_of_a_picture_lies_beside_it_and_is_that_of_its_folder(
    tmp_path: Path, make_picture: MakePicture
) -> None:
    path = make_picture("in/field.png")
    assert Project.beside(path) == Project.beside(path.parent) == tmp_path / "in" / "in.bcseg"


def test_project_of_a_picture_on_a_read_only_drive_lies_in_the_users_data(
    own_home: Path, make_picture: MakePicture, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = make_picture("one/field.png"), make_picture("two/field.png")
    monkeypatch.setattr(os, "access", lambda *_: False)
    places = {Project.beside(one), Project.beside(two)}
    assert len(places) == 2
    assert all(place.is_relative_to(own_home) and place.suffix == ".bcseg" for place in places)
    assert Project.beside(one) in places


def test_unknown_id_is_told(project: Project) -> None:
    with pytest.raises(UserError, match="holds no picture “x”"):
        project.get("x")


def test_reviewed_without_a_region_is_the_whole_slide(project: Project, make_picture: MakePicture) -> None:
    entry = replace(project.add(make_picture()), width=60, height=40)
    assert entry.reviewed_regions() == ()
    assert replace(entry, status="reviewed").reviewed_regions() == (Region(0, 0, 60, 40),)
    part = Region(1, 2, 3, 4)
    assert replace(entry, status="reviewed", reviewed=(part,)).reviewed_regions() == (part,)
