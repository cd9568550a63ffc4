from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from bcseg_gui.cli.train import TEACHER_FOLDER
from bcseg_gui.compute import judging, retraining
from bcseg_gui.compute.protocol import Train
from bcseg_gui.compute.retraining import settings_for
from bcseg_gui.core.retraining.record import read_record
from bcseg_gui.core.retraining.reference import reference_smears
from bcseg_gui.core.retraining.verdict import verdict
from model.checkpoint import Model
from model.dataset import Dataset
from model.networks.ternausnet import TernausNet11

WritePicture = Callable[..., tuple[Path, NDArray[np.bool_]]]


@pytest.fixture
def pairs(picture: WritePicture, tmp_path: Path) -> Path:
    """A folder with three pictures in `pictures` and their masks in `masks`."""
    (tmp_path / "masks").mkdir()
    for index in range(3):
        path, cells = picture(f"f{index}.png")
        Image.fromarray(cells * np.uint8(255)).save(tmp_path / "masks" / path.name)
    return tmp_path


def test_trains_a_model_that_segments_then(bcseg: Any, pairs: Path, tmp_path: Path) -> None:
    outcome = bcseg(
        "train",
        "--images",
        pairs / "pictures",
        "--masks",
        pairs / "masks",
        "--output",
        tmp_path / "grown",
        "--from",
        "dark",
        "--epochs",
        "1",
    )
    assert (outcome.code, outcome.err) == (0, "")
    assert "Learning from 2 pairs, testing on 1." in outcome.out
    info = json.loads((tmp_path / "grown" / "model.json").read_text())
    assert (info["name"], info["parent"], info["architecture"]) == ("grown", "dark", "ternausnet11")
    assert (tmp_path / "grown" / "history.csv").is_file()
    record = read_record(tmp_path / "grown")
    assert verdict(record.decision) in outcome.out
    assert (record.parent, [pair.split for pair in record.pairs]) == ("dark", ["train", "train", "holdout"])
    assert (tmp_path / "grown" / "report.html").is_file()

    assert bcseg("models", "import", tmp_path / "grown").code == 0
    path = pairs / "pictures/f0.png"
    outcome = bcseg("segment", path, "--output", tmp_path / "out", "--model", "grown", "--json")
    assert json.loads(outcome.out)["model"] == "grown"


def test_a_small_model_learns_from_a_large_one(bcseg: Any, pairs: Path, picture: WritePicture, tmp_path: Path) -> None:
    """Also on pictures without masks, but on no test picture; what the teacher saw is cleared away afterwards."""
    picture("without-mask.png")
    arguments = [
        "train",
        "--images",
        pairs / "pictures",
        "--masks",
        pairs / "masks",
        "--output",
        tmp_path / "small",
        "--arch",
        "ternausnet11",
        "--num-filters",
        "1",
        "--epochs",
        "1",
        "--unlabelled",
        pairs / "pictures",
    ]
    outcome = bcseg(*arguments)
    assert outcome.code == 1
    assert "need a --teacher" in outcome.err
    outcome = bcseg(*arguments, "--teacher", "dark")
    assert (outcome.code, outcome.err) == (0, "")
    assert "Learning from 3 pairs, testing on 1." in outcome.out
    info = json.loads((tmp_path / "small" / "model.json").read_text())
    assert (info["teacher"], info["parent"], info["num_filters"]) == ("dark", None, 1)
    assert sorted(path.name for path in (tmp_path / "small").iterdir()) == [
        "curves.png",
        "history.csv",
        "model.json",
        "weights.safetensors",
    ]

    outcome = bcseg(*arguments, "--teacher", "dark")
    assert outcome.code == 1
    assert "holds a model already" in outcome.err
    assert not (tmp_path / "small" / TEACHER_FOLDER).exists()


def test_the_scale_of_a_picture_without_mask_is_believed(
    bcseg: Any, pairs: Path, picture: WritePicture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path, _ = picture("scaled.png")
    with Image.open(path) as scaled:
        scaled.save(path, dpi=(101_600, 101_600))  # 0.25 µm a pixel
    datasets: list[Dataset] = []
    monkeypatch.setattr(
        "model.training.train.train", lambda _, dataset, *__, **___: datasets.append(dataset) or iter(())
    )
    bcseg(
        "train",
        "--images",
        pairs / "pictures",
        "--masks",
        pairs / "masks",
        "--output",
        tmp_path / "small",
        "--arch",
        "ternausnet11",
        "--num-filters",
        "1",
        "--unlabelled",
        path,
        "--teacher",
        "dark",
    )
    assert [pair.cell_diameter for pair in datasets[0].training] == [None, None, 30]


@pytest.fixture
def vgg11(tmp_path: Path) -> Path:
    """A file in torchvision's layout of VGG11: every weight is 1/100."""
    network = TernausNet11()
    state = {
        f"features.{index}": torch.full_like(network.state_dict()[ours], 0.01)
        for ours, index in network.vgg_names().items()
    }
    torch.save(state | {"classifier.6.bias": torch.zeros(1000)}, tmp_path / "vgg11.pth")
    return tmp_path / "vgg11.pth"


@pytest.mark.parametrize("named", [False, True], ids=["FILE", "imagenet"])
def test_a_new_model_starts_from_vgg_weights(
    bcseg: Any,
    pairs: Path,
    vgg11: Path,
    named: bool,
    serve_pretrained: Callable[[str, str, str], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    digest = hashlib.sha256(vgg11.read_bytes()).hexdigest()
    serve_pretrained("ternausnet11", vgg11.as_uri(), digest)
    started: list[Model] = []
    monkeypatch.setattr("model.training.train.train", lambda model, *_, **__: started.append(model) or iter(()))
    outcome = bcseg(
        "train",
        "--images",
        pairs / "pictures",
        "--masks",
        pairs / "masks",
        "--output",
        tmp_path / "new",
        "--arch",
        "ternausnet11",
        "--decoder",
        "interpolate",
        "--num-filters",
        "1",
        "--encoder-weights",
        "imagenet" if named else vgg11,
    )
    assert (outcome.code, outcome.err) == (0, "")
    assert ("Fetching file:" in outcome.out) is named
    (model,) = started
    assert (model.info.architecture, model.info.decoder) == ("ternausnet11", "interpolate")
    assert all(bool((weight == 0.01).all()) for weight in model.network.encoder_parameters())


def test_encoder_weights_that_are_not_there_are_said(bcseg: Any, picture: WritePicture, tmp_path: Path) -> None:
    path, _ = picture("a.png")
    picture("b.png")
    outcome = bcseg(
        "train",
        "--images",
        path.parent,
        "--masks",
        path.parent,
        "--output",
        tmp_path / "new",
        "--encoder-weights",
        tmp_path / "vgg.safetensors",
    )
    assert outcome.code == 1
    assert "vgg.safetensors" in outcome.err


def test_encoder_weights_do_not_go_with_a_model_to_start_from(bcseg: Any, pairs: Path, tmp_path: Path) -> None:
    outcome = bcseg(
        "train",
        "--images",
        pairs / "pictures",
        "--masks",
        pairs / "masks",
        "--output",
        tmp_path / "new",
        "--from",
        "dark",
        "--encoder-weights",
        "imagenet",
    )
    assert outcome.code == 1
    assert "are for a new model" in outcome.err


def test_a_model_learns_another_class(bcseg: Any, pairs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(judging, "reference_smears", lambda: islice(reference_smears(), 1))
    monkeypatch.setattr(retraining, "settings_for", lambda request: replace(settings_for(request), crop=64, batch=1))
    for path in (pairs / "masks").iterdir():
        cells = np.asarray(Image.open(path)) > 0
        ids = cells.astype(np.uint8)
        ids[:, : ids.shape[1] // 2] *= 2
        Image.fromarray(ids).save(path)
    arguments = [
        "train",
        "--images",
        pairs / "pictures",
        "--masks",
        pairs / "masks",
        "--from",
        "dark",
        "--epochs",
        "1",
    ]
    outcome = bcseg(*arguments, "--output", tmp_path / "grown", "--classes", "cell, white cell")
    assert (outcome.code, outcome.err) == (0, "")
    assert json.loads((tmp_path / "grown/model.json").read_text())["classes"] == ["cell", "white cell"]
    assert verdict(read_record(tmp_path / "grown").decision) in outcome.out

    outcome = bcseg(*arguments, "--output", tmp_path / "swapped", "--classes", "white cell,cell")
    assert outcome.code == 1
    assert "“dark” finds cell." in outcome.err

    outcome = bcseg(*arguments, "--output", tmp_path / "other", "--classes", "nucleus,cytoplasm", "--new-target")
    assert (outcome.code, outcome.err) == (0, "")
    assert "A new target" in outcome.out
    assert json.loads((tmp_path / "other/model.json").read_text())["classes"] == ["nucleus", "cytoplasm"]


def test_numbers_without_a_name_are_background(
    bcseg: Any, pairs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[tuple[int, ...], dict[str, int]]] = []

    def learn(request: Train, *_args: Any, dataset: Dataset, **_more: Any) -> Iterator[None]:
        asked.append((dataset.class_ids, dict(request.classes)))
        yield from ()
        raise KeyboardInterrupt

    monkeypatch.setattr(retraining, "train", learn)
    for path in (pairs / "masks").iterdir():
        Image.fromarray((np.asarray(Image.open(path)) > 0).view(np.uint8)).save(path)
    for number, words in enumerate(("2=white cell", "cell,4=parasite,platelet,a=b", "1=cell", "cell")):
        bcseg(
            "train",
            "--images",
            pairs / "pictures",
            "--masks",
            pairs / "masks",
            "--from",
            "dark",
            "--new-target",
            "--output",
            tmp_path / str(number),
            "--classes",
            words,
        )
    assert asked == [
        ((2,), {"white cell": 2}),
        ((1, 4, 5, 6), {"cell": 1, "parasite": 4, "platelet": 5, "a=b": 6}),
        ((1,), {"cell": 1}),
        ((), {"cell": 1}),
    ]


@pytest.mark.parametrize(
    ("extra", "complaint"),
    [
        (["--new-target"], "goes with --from"),
        (["--classes", "cell,,platelet"], "does not name classes"),
        (["--classes", "cell,1=platelet"], "does not name classes"),
        (["--classes", "0=cell"], "does not name classes"),
        (["--classes", "200=cell"], "does not name classes"),
        (["--classes", "2="], "does not name classes"),
        (["--classes", "-1=cell"], "does not name classes"),
        (["--classes", "=cell"], "does not name classes"),
        (["--classes", "2=cell"], "is black and white"),
        (["--classes", "2=cell", "--teacher", "dark"], "knows all its classes"),
    ],
)
def test_targets_that_make_no_sense_are_said(
    bcseg: Any, pairs: Path, tmp_path: Path, extra: list[str], complaint: str
) -> None:
    outcome = bcseg(
        "train", "--images", pairs / "pictures", "--masks", pairs / "masks", "--output", tmp_path / "new", *extra
    )
    assert outcome.code == 1
    assert complaint in outcome.err
