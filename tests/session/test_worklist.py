from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.session.worklist import LEFT, Worklist, WorklistItem

statuses = st.sampled_from(["todo", "doing", "reviewed", "problem"])


def make(*given: str) -> Worklist:
    return Worklist(WorklistItem(Path(f"{place}.png"), status) for place, status in enumerate(given))


@given(st.lists(statuses, min_size=1, max_size=20), st.data())
def test_marks_are_as_if_it_was_made_so(before: list[str], data: st.DataObject) -> None:
    marked = make(*before)
    after = before.copy()
    for place, status in data.draw(st.lists(st.tuples(st.integers(0, len(before) - 1), statuses), max_size=5)):
        after[place] = status
        marked = marked.marked(WorklistItem(Path(f"{place}.png"), status))
    expected = make(*after)
    assert list(marked) == list(expected)
    assert marked.has_left == expected.has_left == any(status in LEFT for status in after)
    assert [marked.place(item.path) for item in marked] == list(range(len(after)))


def test_a_mark_leaves_the_list_before_as_it_was() -> None:
    before = make("todo", "todo")
    before.marked(WorklistItem(Path("0.png"), "reviewed"))
    assert [item.status for item in before] == ["todo", "todo"]
    assert before.place(Path("gone.png")) == -1
