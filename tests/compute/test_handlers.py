"""The real handlers in a real child process, with a small untrained network."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from bcseg_gui.compute import handlers, judging, models
from bcseg_gui.compute.client import ComputeClient
from bcseg_gui.compute.protocol import (
    Cancelled,
    EpochDone,
    Estimate,
    Evaluate,
    Event,
    Failed,
    Finished,
    ParentMeasured,
    Progress,
    QuickSegment,
    Rank,
    RankedSlide,
    Segment,
    SegmentResult,
    TilePredicted,
    Train,
    TrainResult,
    Trying,
    WarmUp,
)
from bcseg_gui.compute.retraining import settings_for, train
from bcseg_gui.core.files import sha256
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.retraining.record import read_record
from bcseg_gui.core.retraining.reference import reference_smears
from bcseg_gui.core.retraining.verdict import verdict
from bcseg_gui.core.synthetic.smear import make_smear
from model.checkpoint import load_model, new_model, save_model
from model.engines import choose
from model.engines.torch_engine import TorchEngine
from model.errors import ModelError
from model.info import ModelInfo
from model.predict import predict_picture
from model.training.settings import TrainSettings

DIAMETER = 20.0


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    info = ModelInfo("tiny", "ternausnet11", num_filters=1, cell_diameter=DIAMETER, source_cell_diameter=DIAMETER)
    save_model(new_model(info, seed=1), folder)
    return folder


@pytest.fixture(scope="module")
def client(qapp: QCoreApplication) -> Iterator[ComputeClient]:
    """One for all: a child takes seconds to load torch."""
    client = ComputeClient()
    yield client
    client.shutdown()


@pytest.fixture
def jobs(qtbot: QtBot, client: ComputeClient, recorder: type) -> Iterator[object]:
    recorded = recorder(qtbot, client)
    yield recorded
    client.received.disconnect(recorded.events.append)
    if not recorded.all_ended():  # the test failed; the next one is not to find its job
        client.shutdown()


@pytest.fixture
def slide(tmp_path: Path) -> tuple[Path, NDArray[np.uint8]]:
    picture = make_smear(600, 260, seed=1, cell_diameter=DIAMETER).image
    path = tmp_path / "field.png"
    cv2.imwrite(str(path), picture[..., ::-1])
    return path, picture


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "dataset"
    pairs = []
    for index, split in enumerate(["train", "train", "holdout"]):
        smear = make_smear(128, 96, seed=index, cell_diameter=DIAMETER)
        pair = {"image": f"images/{index}.png", "mask": f"masks/{index}.png", "split": split}
        for name, pixels in ((pair["image"], smear.image[..., ::-1]), (pair["mask"], smear.mask)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(folder / name), pixels)
        pairs.append(pair)
    (folder / "manifest.json").write_text(json.dumps({"schema": 1, "pairs": pairs}))
    return folder


def test_segment_covers_the_slide_twice_nearest_first(jobs, slide, model_folder: Path) -> None:
    path, picture = slide
    jobs.client.submit(WarmUp(1, model_folder))
    jobs.client.submit(Segment(2, path, model_folder, first=(500, 200)))
    result = jobs.end_of(2).result
    assert result.model == "tiny"
    assert result.cell_diameter == pytest.approx(DIAMETER, rel=0.15)  # as the picture shows

    tiles = [event for event in jobs.of(2) if isinstance(event, TilePredicted)]
    times_seen = np.zeros((260, 600), int)
    classes = np.full((260, 600), 255, np.uint8)
    for tile in tiles:
        where = tile.region.slices_in(Region(0, 0, 600, 260))
        times_seen[where] += 1
        classes[where] = tile.classes
    assert len(tiles) > 1
    assert (times_seen == 2).all(), "a draft, and the cells parted"
    assert not tiles[0].region.intersected(Region(500, 200, 1, 1)).is_empty

    model = load_model(model_folder)
    _, expected = predict_picture(TorchEngine(model), model.info, picture, result.cell_diameter)
    # Not all: a probability of one half can fall on either side with another number of threads.
    assert np.mean(classes == expected) > 0.999

    progress = [event for event in jobs.of(2) if isinstance(event, Progress)]
    assert [event.done for event in progress] == list(range(len(tiles) // 2 + 1))
    assert progress[0].seconds_left is None
    assert progress[-1].seconds_left == 0


@pytest.fixture
def mosaic(tmp_path: Path) -> tuple[Path, NDArray[np.uint8]]:
    """A picture of several tiles, and its true mask."""
    smear = make_smear(3000, 1500, seed=2, cell_diameter=40.0)
    path = tmp_path / "mosaic.png"
    cv2.imwrite(str(path), smear.image[..., ::-1])
    return path, (smear.mask > 0).astype(np.uint8)


def test_quick_segmentation_needs_no_model_and_covers_the_slide_once(jobs, mosaic) -> None:
    path, truth = mosaic
    jobs.client.submit(QuickSegment(1, path, first=(2900, 10)))
    result = jobs.end_of(1).result
    assert result.model == "watershed"
    assert result.cell_diameter == pytest.approx(40, rel=0.15)

    tiles = [event for event in jobs.of(1) if isinstance(event, TilePredicted)]
    assert len(tiles) > 1
    assert not tiles[0].region.intersected(Region(2900, 10, 1, 1)).is_empty
    classes = np.full(truth.shape, 9, np.uint8)
    for tile in tiles:
        where = tile.region.slices_in(Region(0, 0, 3000, 1500))
        assert (classes[where] == 9).all()
        classes[where] = tile.classes
    assert classes.max() == 1
    assert 2 * np.sum(classes & truth) / (classes.sum() + truth.sum()) > 0.9
    assert [event.done for event in jobs.of(1) if isinstance(event, Progress)] == list(range(len(tiles) + 1))


def test_quick_segmentation_of_a_region_at_a_given_diameter(jobs, slide) -> None:
    jobs.client.submit(QuickSegment(1, slide[0], Region(550, 210, 200, 200), cell_diameter=DIAMETER))
    assert jobs.end_of(1).result.cell_diameter == DIAMETER
    assert [event.region for event in jobs.of(1) if isinstance(event, TilePredicted)] == [Region(550, 210, 50, 50)]


def test_a_large_slide_tells_its_empty_blocks_first_and_goes_on_after_those_that_are_finished(jobs, tmp_path) -> None:
    pixels = np.full((500, 6000, 3), (250, 250, 251), np.uint8)
    pixels[:, :3000] = make_smear(3000, 500, seed=2, cell_diameter=40.0).image
    path = tmp_path / "slide.png"
    cv2.imwrite(str(path), pixels[..., ::-1])
    request = QuickSegment(1, path, cell_diameter=40.0)
    jobs.client.submit(request)
    jobs.end_of(1)
    first = next(event for event in jobs.of(1) if isinstance(event, Progress))
    assert first.empty
    assert all(region.x > 2500 for region in first.empty)
    tiles = {event.region: event for event in jobs.of(1) if isinstance(event, TilePredicted)}
    assert not set(first.empty) & set(tiles)
    assert all(tile.finished == region for region, tile in tiles.items())
    jobs.client.submit(replace(request, job=2, finished=tuple(list(tiles)[:2])))
    jobs.end_of(2)
    again = next(event for event in jobs.of(2) if isinstance(event, Progress))
    assert (again.done, again.total, again.empty) == (2, first.total, first.empty)
    assert {event.region for event in jobs.of(2) if isinstance(event, TilePredicted)} == set(list(tiles)[2:])


def test_a_page_of_a_file_with_several(jobs, model_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    cv2.imwritemulti(str(path), [np.full((90, 80, 3), 200, np.uint8), np.full((50, 60, 3), 200, np.uint8)])
    jobs.client.submit(Segment(1, path, model_folder, page=1, cell_diameter=DIAMETER))
    jobs.end_of(1)
    tiles = [event for event in jobs.of(1) if isinstance(event, TilePredicted)]
    assert [tile.region for tile in tiles] == 2 * [Region(0, 0, 60, 50)]
    assert [tile.finished for tile in tiles] == [None, Region(0, 0, 60, 50)]


def test_segment_of_a_region_is_clipped_and_takes_the_diameter_it_is_given(jobs, slide, model_folder: Path) -> None:
    jobs.client.submit(Segment(1, slide[0], model_folder, Region(550, 210, 200, 200), cell_diameter=2 * DIAMETER))
    finished = jobs.end_of(1)
    assert isinstance(finished.result, SegmentResult)
    assert finished.result.cell_diameter == 2 * DIAMETER
    assert [event.region for event in jobs.of(1) if isinstance(event, TilePredicted)] == 2 * [Region(550, 210, 50, 50)]


def test_segmenting_does_not_wait_for_torch() -> None:
    code = "import sys; import bcseg_gui.compute.handlers as work; work.make_handlers(); print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def test_another_threshold_needs_no_network(
    slide, model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[int] = []

    class Counting(TorchEngine):
        def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
            shown.append(len(pictures))
            return super().probabilities(pictures)

    def counting(folder: Path) -> Iterator[None]:
        yield from ()
        return Counting(load_model(folder))

    monkeypatch.setattr(models, "opening_engine", counting)
    loaded = models.LoadedModels()

    def segment(threshold: float) -> NDArray[np.uint8]:
        mask = np.zeros((260, 600), np.uint8)
        request = Segment(1, slide[0], model_folder, cell_diameter=DIAMETER, threshold=threshold)
        for event in handlers.segment(loaded, request, lambda: False):
            if isinstance(event, TilePredicted):
                mask[event.region.slices_in(Region(0, 0, 600, 260))] = event.classes
        return mask

    middle = segment(0.5)
    count = len(shown)
    assert count > 0
    few, many = segment(0.9), segment(0.1)
    assert len(shown) == count
    assert few.sum() < many.sum()
    np.testing.assert_array_equal(segment(0.5), middle)


def test_the_first_use_of_a_model_tries_engines_and_can_be_cancelled(
    slide, model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "engine_cache", lambda: tmp_path / "engines")
    monkeypatch.setattr(models, "calibration_pictures", lambda *_: [np.zeros((64, 64, 3), np.uint8)])
    monkeypatch.setattr(choose, "_seconds", lambda engine: 0.5)
    request = Segment(1, slide[0], model_folder, cell_diameter=DIAMETER)
    loaded = models.LoadedModels()
    events = handlers.segment(loaded, request, lambda: False)
    assert [next(events), next(events)] == [Trying(1), Trying(1)]
    events.close()
    assert not (tmp_path / "engines").exists()
    again = [type(event) for event in handlers.segment(loaded, request, lambda: False)]
    tried = again.index(Progress)
    assert tried >= 2
    assert set(again[:tried]) == {Trying}
    assert Trying not in map(type, handlers.segment(models.LoadedModels(), request, lambda: False))


def test_what_is_wrong_is_said_in_one_sentence(jobs, slide, model_folder: Path, tmp_path: Path) -> None:
    outside = Region(5000, 5000, 10, 10)
    wrong = [
        Segment(1, tmp_path / "gone.png", model_folder),
        Segment(2, slide[0], tmp_path / "no model"),
        Segment(3, slide[0], model_folder, outside),
        Train(4, tmp_path / "no dataset", model_folder, tmp_path / "new", epochs=1),
        QuickSegment(5, tmp_path / "gone too.png"),
    ]
    for request in wrong:
        jobs.client.submit(request)
    for request, name in zip(wrong, ["gone.png", "no model", "field.png", "no dataset", "gone too.png"], strict=True):
        failed = jobs.end_of(request.job)
        assert isinstance(failed, Failed)
        assert name in failed.template.format(**failed.fields)
        assert "met an error" not in failed.template


def test_a_model_that_was_replaced_is_loaded_anew(jobs, slide, model_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    model = load_model(model_folder)
    for job, name in enumerate(["first", "second"], 1):
        save_model(model.renamed(name), folder)
        jobs.client.submit(Segment(job, slide[0], folder, Region(0, 0, 40, 40)))
        assert jobs.end_of(job).result.model == name


def test_train_then_evaluate_agree(jobs, dataset: Path, model_folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "new"
    jobs.client.submit(Train(1, dataset, model_folder, output, epochs=1))
    result = jobs.end_of(1).result
    assert isinstance(result, TrainResult)
    assert (result.model_folder, result.pictures, result.old.pictures, result.new.pictures) == (output, 2, 1, 1)
    assert {path.name for path in output.iterdir()} == {
        "weights.safetensors",
        "model.json",
        "history.csv",
        "curves.png",
        "report.json",
        "report.html",
    }
    assert [(event.epoch, event.epochs) for event in jobs.of(1) if isinstance(event, EpochDone)] == [(1, 1)]
    losses = [event.loss for event in jobs.of(1) if isinstance(event, Progress)]
    assert all(loss is not None for loss in losses[1:-1])
    assert losses[-1] is None, "it is being judged"

    jobs.client.submit(Evaluate(2, dataset, (model_folder, output)))
    evaluated = jobs.end_of(2).result
    assert [row.dice for row in evaluated.metrics] == pytest.approx([result.old.dice, result.new.dice], abs=1e-3)


def test_cancelled_training_leaves_no_model(jobs, dataset: Path, model_folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "new"
    jobs.client.submit(Train(1, dataset, model_folder, output, epochs=1000))
    jobs.wait_for(Progress, 1)
    jobs.client.cancel(1)
    assert jobs.end_of(1) == Cancelled(1)
    assert not any(isinstance(event, Finished) for event in jobs.events)
    assert not (output / "weights.safetensors").exists()


def test_training_that_was_stopped_goes_on_from_its_last_round(
    jobs, dataset: Path, model_folder: Path, tmp_path: Path
) -> None:
    request = Train(1, dataset, model_folder, tmp_path / "cut", epochs=3, seed=5)
    jobs.client.submit(request)
    jobs.wait_for(EpochDone, 1)
    jobs.client.cancel(1)
    assert jobs.end_of(1) == Cancelled(1)
    jobs.client.submit(replace(request, job=2))
    jobs.end_of(2)
    assert min(event.epoch for event in jobs.of(2) if isinstance(event, EpochDone)) > 1
    jobs.client.submit(replace(request, job=3, output_folder=tmp_path / "whole"))
    jobs.end_of(3)
    cut, whole = ((tmp_path / name / "weights.safetensors").read_bytes() for name in ("cut", "whole"))
    assert cut == whole, "the same seed and data give the same weights"


def test_training_that_was_killed_while_it_was_judged_is_judged_again(
    dataset: Path, model_folder: Path, tmp_path: Path
) -> None:
    request = Train(1, dataset, model_folder, tmp_path / "new", epochs=1)
    events = train(request, lambda: False)
    next(event for event in events if isinstance(event, EpochDone))
    next(events)  # it has learnt
    events.close()
    weights = (tmp_path / "new/weights.safetensors").read_bytes()
    list(train(request, lambda: False))
    assert read_record(tmp_path / "new").new
    assert (tmp_path / "new/weights.safetensors").read_bytes() == weights
    assert not list((tmp_path / "new").glob("checkpoint*"))


def test_the_report_tells_what_came_of_what(jobs, dataset: Path, model_folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "new"
    jobs.client.submit(Train(1, dataset, model_folder, output, epochs=1, seed=7, author="ana"))
    result = jobs.end_of(1).result
    record = read_record(output)
    assert (record.model, record.parent, record.author, record.decision) == ("new", "tiny", "ana", result.decision)
    assert record.settings["seed"] == 7
    assert record.weights_sha256 == sha256(output / "weights.safetensors")
    assert record.pairs[-1].mask_sha256 == sha256(dataset / "masks/2.png")
    assert [pair.split for pair in record.pairs] == ["train", "train", "holdout"]
    assert record.new[0].dice == pytest.approx(result.new.dice)
    assert len(record.rounds) == 1
    page = (output / "report.html").read_text(encoding="utf-8")
    assert verdict(result.decision) in page
    assert page.count("data:image/") == 2, "the worst test picture and the curves"
    assert "http" not in page.replace("http-equiv", ""), "it needs nothing besides"


def test_pictures_are_ranked(jobs, slide, model_folder, tmp_path) -> None:
    pink = tmp_path / "pink.png"
    cv2.imwrite(str(pink), make_smear(200, 160, seed=2, cell_diameter=DIAMETER, stain="pink").image[..., ::-1])
    slides = tuple(RankedSlide(path) for path in (tmp_path / "gone.png", slide[0], pink))
    jobs.client.submit(Rank(1, slides, model_folder))
    order = jobs.end_of(1).result.order
    assert {suggestion.place for suggestion in order} == {1, 2}
    assert all(suggestion.gain > 0 and suggestion.spots for suggestion in order)
    assert [event.done for event in jobs.of(1) if isinstance(event, Progress)] == [0, 1, 2, 3]


def test_how_long_it_takes_is_tried(jobs, model_folder: Path) -> None:
    jobs.client.submit(Estimate(1, model_folder))
    result = jobs.end_of(1).result
    assert result.step_seconds > 0
    assert result.megapixel_seconds > 0


@pytest.fixture
def two_classes(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The dataset with the cells of the left half as class 4, as a project would number it; one reference picture."""
    monkeypatch.setattr(judging, "reference_smears", lambda: islice(reference_smears(), 1))
    for path in (dataset / "masks").iterdir():
        cells = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) > 0
        ids = cells.astype(np.uint8)
        ids[:, :64] *= 4
        cv2.imwrite(str(path), ids)
    return dataset


def quick(request: Train) -> TrainSettings:
    return replace(settings_for(request), crop=64, batch=1)


def test_a_model_grows_by_a_class_and_is_judged_on_what_it_knew(
    two_classes: Path, model_folder: Path, tmp_path: Path
) -> None:
    request = Train(1, two_classes, model_folder, tmp_path / "new", epochs=1, classes={"cell": 1, "white cell": 4})
    list(train(request, lambda: False, quick(request)))
    model = load_model(tmp_path / "new")
    assert (model.info.classes, model.info.parent) == (("cell", "white cell"), "tiny")
    record = read_record(tmp_path / "new")
    assert [(each.name, each.is_new) for each in record.decision.classes] == [("cell", False), ("white cell", True)]
    assert all(each.pictures == 1 for each in record.decision.classes)
    right_half = cv2.imread(str(two_classes / "masks/2.png"), cv2.IMREAD_GRAYSCALE) == 1
    for pictures in (record.old, record.new):
        assert np.sum(pictures[0].blocks, axis=0)[2] == right_half.sum()
    assert record.settings["head_rate"] > record.settings["decoder_rate"] > record.settings["encoder_rate"]
    page = (tmp_path / "new/report.html").read_text(encoding="utf-8")
    assert "white cell (new)" in page


def test_a_new_target_is_compared_with_nothing(two_classes: Path, model_folder: Path, tmp_path: Path) -> None:
    request = Train(
        1, two_classes, model_folder, tmp_path / "new", epochs=1, classes={"white cell": 4}, new_target=True
    )
    *_, end = events = run_to_end(train(request, lambda: False, quick(request)))
    assert not any(isinstance(event, ParentMeasured) for event in events)
    assert end.old is None
    assert end.decision.outcome == "new target"
    info = load_model(tmp_path / "new").info
    assert info.classes == ("white cell",)
    assert (info.smallest, info.smallest_at_edge) == (0, 0), "a few masks do not tell"
    record = read_record(tmp_path / "new")
    assert (record.old, record.reference_new) == ((), ())
    left_half = cv2.imread(str(two_classes / "masks/2.png"), cv2.IMREAD_GRAYSCALE) == 4
    assert np.sum(record.new[0].blocks, axis=0)[2] == left_half.sum()
    assert record.decision.classes[0].name == "white cell"


def run_to_end(work: Generator[Event, None, TrainResult | None]) -> list[object]:
    """The events, and what it returns."""
    seen: list[object] = []
    while True:
        try:
            seen.append(next(work))
        except StopIteration as end:
            return [*seen, end.value]


def test_classes_that_do_not_go_on_from_the_model_are_said(
    two_classes: Path, model_folder: Path, tmp_path: Path
) -> None:
    request = Train(1, two_classes, model_folder, tmp_path / "new", epochs=1, classes={"white cell": 4, "cell": 1})
    with pytest.raises(ModelError, match="keeps these classes"):
        next(train(request, lambda: False))
