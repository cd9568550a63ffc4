from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.ui.slide_view.scale_bar import LONGEST, ScaleBar, round_length, scale_text


@given(st.floats(1e-6, 1e9))
def test_a_length_is_one_two_or_five_and_the_longest_that_fits(longest: float) -> None:
    length = round_length(longest)

    assert f"{length:e}".rstrip("0123456789").rstrip("+-e")[:1] in "125"
    assert length <= longest * 1.001
    assert longest < 2.5 * length * 1.001


@pytest.mark.parametrize(
    ("length", "unit", "text"),
    [
        (20, "µm", "20 µm"),
        (0.5, "µm", "500 nm"),
        (2000, "µm", "2 mm"),
        (5, "px", "5 px"),
        (20_000, "px", "20\u202f000 px"),
    ],
)
def test_lengths_are_written_as_people_write_them(length: float, unit: str, text: str) -> None:
    assert scale_text(length, unit) == text


@given(st.floats(0.001, 64), st.none() | st.floats(0.02, 5))
def test_the_bar_is_as_long_as_it_says(zoom: float, mpp: float | None) -> None:
    bar = ScaleBar()
    bar.set_mpp(mpp)
    bar.set_zoom(zoom)

    number, unit = bar.text.replace("\u202f", "").split(" ")
    px = float(number) * {"nm": 1e-3, "µm": 1, "mm": 1e3, "px": mpp or 1}[unit] / (mpp or 1)
    assert (unit == "px") == (mpp is None)
    assert bar.length == pytest.approx(px * zoom)
    assert bar.length <= LONGEST * 1.001
    assert bar.rect.width() > bar.length
