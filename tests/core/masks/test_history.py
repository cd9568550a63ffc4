from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.core.masks.history import EditRecord, EditState, History, Turn


def record(tool: str = "brush") -> EditRecord:
    return EditRecord(0, "2026-01-01T00:00:00.000+00:00", "Ada", tool, 1, "", 0.5)


@given(st.lists(st.one_of(st.just("edit"), st.integers(0, 12)), max_size=30))
def test_any_order_of_edits_and_jumps_is_as_in_the_plain_model(events: list[str | int]) -> None:
    history, done, undone, abandoned = History(()), [], [], set()
    for event in events:
        if event == "edit":
            number = history.add(record()).seq
            abandoned |= set(undone)
            done, undone = [*done, number], []
        elif event in (0, *done):
            turned = history.turned(back=True, seq=event)
            kept = [number for number in done if number <= event]
            assert [each.seq for each in turned] == done[len(kept) :][::-1]
            done, undone = kept, done[len(kept) :] + undone
        elif event in undone:
            history.turned(back=False, seq=event)
            place = undone.index(event) + 1
            done, undone = done + undone[:place], undone[place:]
        for again in (history, History(history.records())):
            last, following = again.last_done(), again.next_redo()
            assert (last.seq if last else None) == (done[-1] if done else None)
            assert (following.seq if following else None) == (undone[0] if undone else None)
            assert {each.seq for each in again.records() if each.state is EditState.ABANDONED} == abandoned
            assert [each.seq for each in again.records()] == sorted([*done, *undone, *abandoned])


def test_an_edit_that_goes_on_keeps_its_place() -> None:
    history = History(())
    first = history.add(record("segment"))
    history.add(record())
    history.add(first)
    assert [(each.seq, each.tool) for each in history.records()] == [(1, "segment"), (2, "brush")]
    assert history.state(2) is EditState.DONE
    assert history.state(3) is None


def test_a_turn_knows_which_edit_decides_a_tile() -> None:
    steps = ((1, 0, 0), (1, 0, 1), (2, 0, 0), (3, 0, 0))
    assert list(Turn(True, 0, steps).decisive().values()) == [1, 1]
    assert {(key.row, key.col): seq for key, seq in Turn(False, 3, steps).decisive().items()} == {(0, 0): 3, (0, 1): 1}
    assert set(Turn(True, 0, steps).followers()) == {(1, 0, 0, 2), (1, 0, 1, None), (2, 0, 0, 3), (3, 0, 0, None)}
