from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.session.order import Order
from bcseg_gui.session.worklist import LEFT, Worklist, WorklistItem

statuses = st.sampled_from(["todo", "doing", "reviewed", "problem"])
lists = st.lists(statuses, min_size=1, max_size=20)


def make(*given: str) -> Worklist:
    return Worklist(WorklistItem(Path(f"{place}.png"), status) for place, status in enumerate(given))


def ordered(items: Worklist, front: int = -1) -> Order:
    order = Order()
    order.show(items, front)
    return order


def shown(order: Order) -> list[int]:
    """Places, by row."""
    return [order.places[position] for position in order.rows]


@given(lists, st.data())
def test_the_next_to_do_goes_round(given: list[str], data: st.DataObject) -> None:
    here = data.draw(st.integers(0, len(given) - 1))
    around = [*range(here + 1, len(given)), *range(here)]
    expected = next((place for place in around if given[place] in LEFT), None)
    assert ordered(make(*given)).next_left(here) == expected


@given(lists, st.sampled_from(["", "status", "name"]), statuses, st.data())
def test_the_next_to_do_is_one_that_is_shown_if_there_is_any(
    given: list[str], key: str, status: str, data: st.DataObject
) -> None:
    order = ordered(make(*given))
    order.sort_by(key)
    order.filter("", status)
    here = data.draw(st.integers(-1, len(given) - 1))
    left = {place for place, each in enumerate(given) if each in LEFT} - {here}
    found = order.next_left(here)
    assert found in (left & set(shown(order)) or left or {None})


@given(lists, st.sampled_from(["", "status", "name", "time", "rank"]), st.data())
def test_steps_go_through_what_is_shown_from_end_to_end(given: list[str], key: str, data: st.DataObject) -> None:
    order = ordered(make(*given))
    order.sort_by(key)
    order.filter(data.draw(st.sampled_from(["", "1", "0.png"])), data.draw(st.sampled_from(["", "todo", "reviewed"])))
    gone_through: list[int] = []
    place: int | None = -1
    while (place := order.step(place, 1)) is not None:
        gone_through.append(place)
    assert gone_through == shown(order)
    back = [order.step(place, -1) for place in gone_through]
    assert back == [None, *gone_through][: len(back)]


@given(lists, st.data())
def test_a_picture_that_is_marked_comes_or_goes_unless_it_is_in_front(given: list[str], data: st.DataObject) -> None:
    front = data.draw(st.integers(0, len(given) - 1))
    items = make(*given)
    order = ordered(items, front)
    order.filter("", "todo")
    arrangement, was_shown = order.arrangement, front in shown(order)
    for _mark in range(data.draw(st.integers(0, 5))):
        place = data.draw(st.integers(0, len(given) - 1))
        items = items.marked(replace(items[place], status=data.draw(statuses)))
        order.show(items, front)
        was_shown |= items[front].status == "todo"
    wanted = {place for place, item in enumerate(items) if item.status == "todo"}
    assert set(shown(order)) == wanted | ({front} if was_shown else set())
    assert order.arrangement == arrangement, "single rows came and went"
    order.show(items, -1)
    assert shown(order) == sorted(wanted)


def test_another_list_keeps_the_sorting_and_forgets_the_filter() -> None:
    order = ordered(make("reviewed", "todo"))
    order.sort_by("status")
    order.filter("1", "todo")
    assert (shown(order), order.is_filtered) == ([1], True)
    order.show(make("reviewed", "reviewed", "doing"), 0)
    assert (shown(order), order.is_filtered) == ([2, 0, 1], False)


def test_an_empty_list_leads_nowhere() -> None:
    order = ordered(make())
    assert order.next_left(-1) is order.step(-1, 1) is order.step(-1, -1) is None
    assert shown(order) == []


def test_numbers_in_names_count_as_numbers() -> None:
    names = ("Field 10", "field 9", "Field 9 b", "a")
    order = ordered(Worklist(WorklistItem(Path(f"{name}.png")) for name in names))
    order.sort_by("name")
    assert [names[place] for place in shown(order)] == ["a", "field 9", "Field 9 b", "Field 10"]
