from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.core.geometry import Region
from bcseg_gui.ui.slide_view.hatching import merged


@given(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6))))
def test_merged_blocks_cover_the_same_area_once(blocks: set[tuple[int, int]]) -> None:
    regions = merged(Region(10 * x, 10 * y, 10, 10) for x, y in blocks)

    covered = [
        (x, y) for r in regions for x in range(r.x // 10, r.right // 10) for y in range(r.y // 10, r.bottom // 10)
    ]
    assert sorted(covered) == sorted(blocks)


def test_a_full_slide_of_blocks_is_one_rectangle() -> None:
    assert merged(Region(x, y, 896, 896) for x in range(0, 8960, 896) for y in range(0, 4480, 896)) == [
        Region(0, 0, 8960, 4480)
    ]
