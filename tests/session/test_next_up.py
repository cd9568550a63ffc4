from __future__ import annotations

import numpy as np
import pytest
import tifffile

from bcseg_gui.compute.protocol import Finished, Rank, RankResult
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import encode_json
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.retraining.gate import Decision
from bcseg_gui.core.retraining.ranking import Suggestion
from bcseg_gui.core.retraining.record import RECORD_FILE, Record, UsedPair
from bcseg_gui.session.next_up import count_worth_it

LEFT, RIGHT, WHOLE = Region(0, 0, 80, 120), Region(80, 0, 80, 120), Region(0, 0, 160, 120)


def asked(client) -> list[Rank]:
    return [work for work in client.submitted if isinstance(work, Rank)]


def answer(session, client, *order: Suggestion) -> None:
    session.next_up.rank()
    client.answer(Finished(asked(client)[-1].job, RankResult(order)))


def test_what_is_left_is_looked_at_and_gets_ranks(session, client, pictures, paint, qtbot) -> None:
    session.open(pictures)
    paint(session)
    session.reviewing.mark()
    session.next_up.rank()
    session.next_up.rank()  # once is enough
    assert len(asked(client)) == 1
    (rank,) = asked(client)
    assert [slide.path for slide in rank.slides] == [pictures[1], pictures[2], pictures[0]]
    assert [slide.reviewed for slide in rank.slides] == [(), (), (WHOLE,)]
    assert [slide.to_learn for slide in rank.slides] == [(), (), (WHOLE,)]
    assert rank.model_folder.name == "tiny"
    with qtbot.waitSignals([session.next_up.ranked, session.worklistChanged]):
        client.answer(Finished(rank.job, RankResult((Suggestion(1, 0.7, (LEFT,)), Suggestion(0, 0.3, (RIGHT,))))))
    assert [item.rank for item in session.worklist] == [0, 2, 1]
    assert [item.status for item in session.worklist] == ["reviewed", "todo", "todo"]
    session.next_up.rank()
    assert client.last(Rank).job != rank.job, "the next time it looks again"


def test_a_rank_outlives_a_review(session, client, pictures, paint) -> None:
    session.open(pictures)
    answer(session, client, Suggestion(1, 0.6, (LEFT,)), Suggestion(0, 0.4, (LEFT,)))
    paint(session)
    session.reviewing.mark()
    assert [item.status for item in session.worklist] == ["reviewed", "todo", "todo"]
    assert [item.rank for item in session.worklist] == [2, 1, 0]


def test_when_all_is_reviewed_that_is_said(session, pictures, paint) -> None:
    session.open(pictures)
    for _ in pictures:
        paint(session)
        session.reviewing.mark()
    with pytest.raises(UserError, match="All pictures are reviewed"):
        session.next_up.rank()


def going(session, **how: bool) -> tuple[int, Region] | None:
    """Where it goes next, as a place in the worklist and a spot; the picture is brought to the front."""
    found = session.next_up.next_spot(**how)
    if found is None:
        return None
    place = session.worklist.place(found[0].path)
    session.select(place)
    session.next_up.went_to(*found)
    return place, found[1]


def test_one_spot_after_the_other_in_the_picture_in_front_then_in_the_next(session, client, pictures) -> None:
    session.open(pictures)
    assert going(session) is None, "nobody has looked yet"
    answer(session, client, Suggestion(2, 6, (RIGHT, LEFT)), Suggestion(0, 3, (LEFT,)), Suggestion(1, 1, ()))
    assert going(session, stay=False) == (2, RIGHT)
    assert going(session) == (2, LEFT)
    assert going(session) == (0, LEFT)
    assert going(session) is None
    session.next_up.begin_anew()
    assert going(session, stay=False) == (2, RIGHT)


def test_a_spot_that_was_not_reached_is_offered_again(session, client, pictures) -> None:
    session.open(pictures)
    answer(session, client, Suggestion(2, 6, (RIGHT, LEFT)))
    assert session.next_up.next_spot() == session.next_up.next_spot()


def test_who_is_at_another_picture_is_taken_to_its_spots_first(session, client, pictures) -> None:
    session.open(pictures)
    answer(session, client, Suggestion(2, 6, (RIGHT,)), Suggestion(0, 3, (LEFT,)))
    assert session.index == 0
    assert going(session) == (0, LEFT)


def test_parts_of_two_slides_are_gone_to_in_the_order_of_what_they_teach(session, client, pictures) -> None:
    session.open(pictures)
    answer(
        session,
        client,
        Suggestion(0, 6, (LEFT,)),
        Suggestion(1, 4, (LEFT,)),
        Suggestion(0, 3, (RIGHT,)),
        Suggestion(2, 2, (LEFT,)),
    )
    assert [going(session) for _ in range(4)] == [(0, LEFT), (1, LEFT), (0, RIGHT), (2, LEFT)]
    assert session.next_up.in_hand(session.next_up.suggestions) == 3


def test_what_was_reviewed_meanwhile_is_not_gone_to(session, client, pictures, paint) -> None:
    session.open(pictures)
    answer(session, client, Suggestion(0, 9, (RIGHT, LEFT)), Suggestion(1, 2, (LEFT,)), Suggestion(2, 0.4, ()))
    assert count_worth_it(session.next_up.suggestions) == 2, "the last one would teach little"
    paint(session)
    session.reviewing.mark()
    assert [each.done for each in session.next_up.suggestions] == [True, False, False]
    assert count_worth_it(session.next_up.suggestions) == 1
    assert going(session) == (1, LEFT)


def test_what_cannot_be_opened_is_suggested_no_longer(session, client, pictures) -> None:
    session.open(pictures)
    answer(session, client, Suggestion(1, 9, (LEFT,)), Suggestion(2, 2, (RIGHT,)))
    pictures[1].unlink()
    session.select(1)
    assert session.worklist[1].status == "problem"
    assert [each.path for each in session.next_up.suggestions] == [pictures[2]]


def test_a_suggestion_is_for_the_page_that_was_looked_at(session, client, tmp_path) -> None:
    path = tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as file:
        for side in (200, 150):
            file.write(np.full((side, side, 3), 90, np.uint8), photometric="rgb")
    session.open([path])
    answer(session, client, Suggestion(0, 9, (LEFT,)))
    assert len(session.next_up.suggestions) == 1
    session.set_page(1)
    assert session.next_up.suggestions == ()
    session.next_up.rank()
    assert asked(client)[-1].slides[0].page == 1


def test_of_a_large_slide_the_spots_outside_what_is_reviewed_are_left(
    session, client, pictures, paint, monkeypatch
) -> None:
    monkeypatch.setattr("bcseg_gui.session.document.LARGEST_PICTURE", 100)
    monkeypatch.setattr("bcseg_gui.session.reviewing.LARGEST_PICTURE", 10_000)
    session.open(pictures[:1])
    answer(session, client, Suggestion(0, 6, (LEFT,)), Suggestion(0, 4, (RIGHT,)))
    paint(session)
    session.reviewing.mark(LEFT)
    assert session.worklist[0].status == "reviewed"
    assert session.next_up.has_left
    assert [each.done for each in session.next_up.suggestions] == [True, False]
    assert going(session) == (0, RIGHT)
    session.next_up.rank()
    assert asked(client)[-1].slides[0].reviewed == (LEFT,), "more of it can be reviewed"


def test_of_very_many_pictures_some_from_all_over_the_list_are_looked_at(
    session, client, pictures, monkeypatch
) -> None:
    monkeypatch.setattr("bcseg_gui.session.next_up.MOST", 2)
    session.open(pictures)
    session.next_up.rank()
    assert [slide.path for slide in asked(client)[-1].slides] == [pictures[0], pictures[1]]


def test_an_answer_about_what_is_no_longer_open_is_dropped(session, client, pictures, tmp_path, qtbot) -> None:
    session.open(pictures)
    session.next_up.rank()
    other = tmp_path / "elsewhere" / "d.png"
    other.parent.mkdir()
    other.write_bytes(pictures[0].read_bytes())
    session.open([other])
    with qtbot.assertNotEmitted(session.next_up.ranked):
        client.answer(Finished(asked(client)[-1].job, RankResult((Suggestion(0, 1.0, (LEFT,)),))))
    assert session.next_up.suggestions == ()


def test_what_another_model_thought_is_dropped(session, client, pictures, qtbot) -> None:
    session.open(pictures)
    session.next_up.rank()
    session.models.choose("other")
    with qtbot.assertNotEmitted(session.next_up.ranked), qtbot.waitSignal(session.said) as said:
        client.answer(Finished(asked(client)[-1].job, RankResult((Suggestion(0, 9, (LEFT,)),))))
    assert "Another model" in said.args[0]
    assert [item.rank for item in session.worklist] == [0, 0, 0]


def test_nobody_is_taken_to_what_teaches_little(session, client, pictures) -> None:
    session.open(pictures)
    answer(session, client, Suggestion(0, 2, (LEFT,)), Suggestion(1, 0.4, (LEFT,)))
    assert going(session) == (0, LEFT)
    assert going(session) is None


def test_a_picture_of_the_test_is_not_suggested(session, client, pictures, paint) -> None:
    session.open(pictures)
    for _ in pictures:
        paint(session)
        session.reviewing.mark()
    kept = next(path for path in pictures if session.opened.entry(path).split == "holdout")
    for place in range(3):
        session.select(place)
        session.reviewing.unmark()
    session.next_up.rank()
    assert kept not in [slide.path for slide in asked(client)[-1].slides]
    assert len(asked(client)[-1].slides) == 2


def test_another_model_has_to_look_itself(session, client, pictures) -> None:
    session.open(pictures)
    answer(session, client, Suggestion(0, 1.0, (LEFT,)))
    session.models.choose("other")
    assert session.next_up.suggestions == ()
    assert going(session) is None


def learnt(session, *images: str) -> None:
    """As if the model in use had been made from these."""
    decision = Decision("better", None, None, None, weak=False)
    pairs = tuple(UsedPair(image, "train", "", "") for image in images)
    record = Record(*("",) * 7, {}, pairs, (), (), (), (), (), decision=decision)
    (session.models.needed().folder / RECORD_FILE).write_bytes(encode_json(record))


def test_what_the_model_has_learnt_from_is_not_looked_at(session, client, pictures, paint) -> None:
    session.open(pictures)
    paint(session)
    session.reviewing.mark()
    learnt(session, f"{session.opened.entry(pictures[0]).id}.png")
    session.next_up.rank()
    assert [slide.path for slide in asked(client)[-1].slides] == pictures[1:]


def test_of_a_slide_the_parts_reviewed_since_are_still_to_be_learnt(
    session, client, pictures, paint, monkeypatch
) -> None:
    monkeypatch.setattr("bcseg_gui.session.document.LARGEST_PICTURE", 100)
    monkeypatch.setattr("bcseg_gui.session.reviewing.LARGEST_PICTURE", 10_000)
    session.open(pictures[:1])
    paint(session)
    session.reviewing.mark(LEFT)
    session.reviewing.mark(Region(80, 0, 40, 120))
    learnt(session, f"{session.opened.entry(pictures[0]).id}-0-0-80x120.png")
    session.next_up.rank()
    (slide,) = asked(client)[-1].slides
    assert slide.reviewed == (LEFT, Region(80, 0, 40, 120))
    assert slide.to_learn == (Region(80, 0, 40, 120),)
