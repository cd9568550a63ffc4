from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.compute.protocol import QUICK_METHOD
from bcseg_gui.compute.segmenting.spec import Segmentation, bounds_of, inside
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Run
from bcseg_gui.core.slides.look import Look

SIZE = 9000, 220
SHARES = st.floats(0, 1)
REGIONS = st.builds(Region, st.integers(0, 90), st.integers(0, 90), st.integers(1, 90), st.integers(1, 90))
SEGMENTATIONS = st.builds(
    Segmentation,
    model=st.text(min_size=1),
    weights=st.text("0123456789abcdef"),
    dimensions=st.just(SIZE),
    page=st.integers(0, 9),
    region=st.none() | REGIONS,
    outline=st.just(()) | st.just(((0, 0), (50, 0), (0, 50))),
    cell_diameter=st.none() | st.floats(2, 200),
    threshold=SHARES,
    splitting=SHARES,
    look=st.none() | st.just(Look(gamma=2)),
    skip_empty=st.booleans(),
    class_ids=st.just(()) | st.just((1, 4)),
    fingerprint=st.just("") | st.just("12-ab"),
    engine=st.sampled_from(["", "torch"]),
)


@given(SEGMENTATIONS)
def test_a_text_is_read_back(segmentation: Segmentation) -> None:
    assert Segmentation.parse(segmentation.text) == segmentation


@given(SEGMENTATIONS, SEGMENTATIONS)
def test_equal_segmentations_and_no_others_have_the_same_text(one: Segmentation, other: Segmentation) -> None:
    assert (one.text == other.text) == (one == other)
    assert one.began(Run(other.text, ())) == (one == other)


def test_the_text_of_the_window_is_what_it_always_was() -> None:
    begun = Segmentation("dark", "5e1f", SIZE, region=Region(1, 2, 3, 4), cell_diameter=20.0)
    assert begun.text == (
        '{"cell_diameter":20.0,"dimensions":[9000,220],"grid":1,"look":null,"model":"dark","outline":[],"page":0,'
        '"region":{"h":4,"w":3,"x":1,"y":2},"skip_empty":true,"threshold":0.5,"weights":"5e1f"}'
    )


def test_runs_of_the_command_line_of_earlier_versions_are_known() -> None:
    whole = Segmentation("dark", "5e1f", SIZE, cell_diameter=96.0, fingerprint="12-ab", engine="openvino-int8")
    of_model = '["12-ab", 0, [0, 0, 9000, 220], "dark", ["5e1f", 0.5, 0.5, "openvino-int8"], 96.0, true, 1]'
    assert whole.began(Run(of_model, ()))
    others = [
        replace(whole, engine="torch"),
        replace(whole, fingerprint="12-ac"),
        replace(whole, page=1),
        replace(whole, region=Region(0, 0, 9000, 219)),
        replace(whole, skip_empty=False),
        replace(whole, threshold=0.6),
        replace(whole, splitting=0.6),
        replace(whole, cell_diameter=None),
        replace(whole, weights="5e20"),
    ]
    assert not any(other.began(Run(of_model, ())) for other in others)

    quick = Segmentation(QUICK_METHOD, "", SIZE, 1, Region(1, 2, 3, 4), skip_empty=False, fingerprint="12-ab")
    assert quick.began(Run('["12-ab", 1, [1, 2, 3, 4], "watershed", [], null, false, 1]', ()))
    assert not quick.began(None)


@given(st.lists(st.tuples(st.integers(-20, 60), st.integers(-20, 60)), min_size=3, max_size=8), REGIONS)
def test_a_pixel_is_inside_whatever_region_it_is_seen_in(outline: list[tuple[int, int]], region: Region) -> None:
    around = bounds_of(outline).united(region)
    whole = inside(tuple(outline), around)
    part = inside(tuple(outline), region)
    assert whole is not None
    assert part is not None
    assert (whole[region.slices_in(around)] == part).all()


def test_what_the_session_imports_brings_neither_torch_nor_qt() -> None:
    command = (
        "import json, sys\n"
        "from bcseg_gui.compute.segmenting import spec, task, working_mask, writer\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    run = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert not {"torch", "openvino", "model", "PySide6"} & set(json.loads(run.stdout))
