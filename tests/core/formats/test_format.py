from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.core.formats.format import origin_of, piece_name
from bcseg_gui.core.geometry import Region

names = st.sampled_from(["a-1f", "a-1-2", "a-1-2-3x4"])
sides = st.integers(0, 10**6)


@given(names, st.builds(Region, sides, sides, sides, sides))
def test_the_name_of_a_piece_tells_where_it_comes_from(slide: str, region: Region) -> None:
    assert origin_of(piece_name(slide, region)) == (slide, region)


def test_a_whole_slide_bears_its_own_name() -> None:
    assert origin_of(piece_name("a-1f", None)) == ("a-1f", None)
