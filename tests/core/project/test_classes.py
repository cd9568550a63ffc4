from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import DEFAULT_CLASSES, Mask, MaskClass
from bcseg_gui.core.project import Project, SlideEntry
from bcseg_gui.core.project import classes as lists
from bcseg_gui.core.project.class_use import ids_in

MakePicture = Callable[..., Path]
Review = Callable[..., SlideEntry]

BLOOD = (*DEFAULT_CLASSES, MaskClass(2, "white cell", "#56b4e9"), MaskClass(3, "platelet", "#000000"))

names = st.text(min_size=1, max_size=70)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("added"), names),
        st.tuples(st.just("renamed"), st.integers(1, 30), names),
        st.tuples(st.just("recoloured"), st.integers(1, 30), st.sampled_from([*lists.PALETTE, "red", "#12345"])),
        st.tuples(st.just("removed"), st.integers(1, 30)),
        st.tuples(st.just("moved"), st.integers(1, 30), st.integers(-3, 3)),
        st.tuples(st.just("with_blood_cells")),
    ),
    max_size=40,
)


@given(steps)
def test_whatever_is_done_a_list_stays_one_and_nobody_changes_anothers_class(steps: list[tuple]) -> None:
    classes = DEFAULT_CLASSES
    for name, *arguments in steps:
        if name == "moved" and all(known.id != arguments[0] for known in classes):
            continue
        before = {known.id: known for known in classes}
        try:
            classes = getattr(lists, name)(classes, *arguments)
        except UserError:
            continue
        assert lists.checked(classes) == classes
        after = {known.id: known for known in classes}
        touched = arguments[0] if name in ("renamed", "recoloured", "removed") else None
        assert {key: known for key, known in before.items() if key != touched} == {
            key: known for key, known in after.items() if key in before and key != touched
        }
        assert set(before) - set(after) <= ({touched} if name == "removed" else set())
        assert all(key > max(before) for key in set(after) - set(before))


def test_the_usual_blood_cells_take_one_step_and_are_told_apart() -> None:
    assert lists.with_blood_cells(DEFAULT_CLASSES) == BLOOD
    assert lists.with_blood_cells(BLOOD) == BLOOD


def test_every_colour_is_used_before_one_comes_again() -> None:
    classes = DEFAULT_CLASSES
    for number in range(2, 11):
        classes = lists.added(classes, f"class {number}")
    assert tuple(known.color for known in classes[:8]) == lists.PALETTE
    assert [known.color for known in classes[8:]] == list(lists.PALETTE[:2])


def test_keys_go_by_the_place_in_the_list() -> None:
    moved = lists.moved(BLOOD, 3, -2)
    assert [lists.at_key(moved, key) for key in range(5)] == [None, BLOOD[2], BLOOD[0], BLOOD[1], None]


def test_a_full_list_and_a_full_range_of_ids() -> None:
    classes: tuple[MaskClass, ...] = (replace(DEFAULT_CLASSES[0]), MaskClass(127, "last", "#000000"))
    classes = lists.added(classes, "another")
    assert classes[-1].id == 2
    while len(classes) < lists.MOST_CLASSES:
        classes = lists.added(classes, f"class {len(classes)}")
    with pytest.raises(UserError, match="24 classes at most"):
        lists.added(classes, "one too many")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda: lists.renamed(BLOOD, 2, "  "), "Give every class a name"),
        (lambda: lists.renamed(BLOOD, 2, "Platelet "), "Two classes are called “platelet”"),
        (lambda: lists.renamed(BLOOD, 2, "x" * 61), "too long"),
        (lambda: lists.recoloured(BLOOD, 2, "blue"), "“blue” is no colour"),
        (lambda: lists.removed(BLOOD, 1), "Give it another name instead"),
    ],
)
def test_what_cannot_be_is_told(change: Callable[[], object], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        change()


def test_an_id_that_nobody_listed_has_a_name() -> None:
    assert lists.named(BLOOD, 2) == BLOOD[1]
    assert lists.named(BLOOD, 9).name == "class 9"


# -- of a project ----------------------------------------------------------------------------------------------------


def test_a_removed_classs_number_is_not_given_again(project: Project) -> None:
    project.set_classes(BLOOD)
    project.set_classes(BLOOD[:2])
    assert project.last_class_id == 3
    with_another = lists.added(project.classes, "reticulocyte", above=project.last_class_id)
    assert with_another[-1].id == 4
    folder = project.folder
    project.close()
    with Project.open(folder) as again:
        assert again.last_class_id == 3


def test_a_projects_classes_are_kept(project: Project) -> None:
    project.set_classes([*BLOOD[:2], replace(BLOOD[2], name=" thrombo  cyte ")])
    project.close()
    with Project.open(project.folder) as again:
        assert [known.name for known in again.classes] == ["cell", "white cell", "thrombo cyte"]


def test_a_list_that_cannot_be_written_is_as_it_was(project: Project, full_disk: Callable[[int], None]) -> None:
    full_disk(0)
    with pytest.raises(UserError, match="disk is full"):
        project.set_classes(BLOOD)
    assert project.classes == DEFAULT_CLASSES


def test_a_class_stays_while_a_picture_holds_it(project: Project, make_picture: MakePicture, review: Review) -> None:
    project.set_classes(BLOOD)
    for number, class_id in enumerate((1, 2, 2)):
        review(make_picture(f"{number}.png", number), class_id=class_id)
    project.set_classes(BLOOD[:2])
    with pytest.raises(UserError, match=r"“white cell” cannot be removed, for 2 pictures .* “1\.png” among them"):
        project.set_classes(BLOOD[:1])
    assert project.classes == BLOOD[:2]


def test_the_masks_of_other_pages_count_too(project: Project, make_picture: MakePicture) -> None:
    project.set_classes(BLOOD)
    entry = project.turn(project.add(make_picture()), 3)
    with Mask.open(project.mask_path(entry), (1000, 700)) as mask:
        edit = mask.begin("brush")
        edit.paint(Region(900, 600, 10, 5), np.ones((5, 10), np.bool_), 3)
        edit.commit()
    project.turn(entry, 0)
    with pytest.raises(UserError, match=r"“platelet” cannot be removed, for “field\.png” holds"):
        project.set_classes(BLOOD[:2])
    with Mask.open(project.mask_path(entry), (1000, 700)) as mask:
        mask.undo()
    project.set_classes(BLOOD[:2])


def test_a_mask_that_cannot_be_read_may_hold_it(project: Project, make_picture: MakePicture, review: Review) -> None:
    project.set_classes(BLOOD)
    entry = review(make_picture())
    project.mask_path(entry).write_bytes(b"no database, but long enough to be looked at" * 100)
    with pytest.raises(UserError, match="damaged"):
        project.set_classes(BLOOD[:2])
    assert project.classes == BLOOD


def test_the_time_spent_is_kept_and_unknown_in_older_files(project: Project, make_picture: MakePicture) -> None:
    entry = project.add(make_picture())
    assert entry.seconds_spent == 0
    project.update(replace(entry, seconds_spent=12.5))
    assert project.turn(project.get(entry.id), 1).seconds_spent == 12.5
    path = project.folder / "slides" / entry.id / "slide.json"
    older = "".join(line for line in path.read_text("utf-8").splitlines() if "seconds_spent" not in line)
    project.close()
    path.write_text(older, "utf-8")
    with Project.open(project.folder) as again:
        assert again.get(entry.id).seconds_spent == 0


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (("cell",), (1,)),
        (("Cellule",), (1,)),
        (("platelet", "cell", "white cell"), (3, 1, 2)),
        (("erythrocyte", "White Cell", "parasite"), (1, 2, 0)),
        (("white cell",), (2,)),
        (("parasite", "cell"), (0, 1)),
    ],
)
def test_a_model_finds_classes_by_their_names(names: tuple[str, ...], ids: tuple[int, ...]) -> None:
    assert lists.ids_of(names, BLOOD) == ids
    grown = lists.with_names(BLOOD, names, above=7)
    assert grown[:3] == BLOOD
    assert 0 not in lists.ids_of(names, grown)
    assert [known.id for known in grown[3:]] == ([8] if 0 in ids else [])


def test_what_a_part_of_a_mask_holds(tmp_path: Path) -> None:
    path = tmp_path / "mask.sqlite"
    assert ids_in(path, [Region(0, 0, 9, 9)]) == set()
    with Mask.open(path, (1200, 700)) as mask:
        for region, class_id in (
            (Region(10, 10, 20, 20), 1),
            (Region(505, 505, 20, 20), 3),
            (Region(900, 10, 5, 5), 2),
        ):
            edit = mask.begin("brush")
            edit.paint(region, np.ones((region.h, region.w), np.bool_), class_id)
            edit.commit()
    assert ids_in(path, [Region(0, 0, 1200, 700)]) == {1, 2, 3}
    assert ids_in(path, [Region(0, 0, 500, 500), Region(901, 11, 1, 1)]) == {1, 2}
    assert ids_in(path, [Region(515, 515, 100, 100)]) == {3}
    assert ids_in(path, [Region(31, 31, 400, 400)]) == set()
