from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.models.model_file import SUFFIX, pack_model, unpack_model


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("model.json", "weights.safetensors", "report.html"):
        (folder / name).write_bytes(name.encode() * 100)
    pack_model(folder, tmp_path / f"m{SUFFIX}")
    return tmp_path / f"m{SUFFIX}"


def test_there_and_back(packed: Path, tmp_path: Path) -> None:
    back = tmp_path / "back"
    back.mkdir()
    unpack_model(packed, back)
    assert {path.name: path.read_bytes() for path in back.iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "model").iterdir()
    }


def test_nothing_is_left_of_a_file_that_cannot_be_written(tmp_path: Path, packed: Path) -> None:
    with pytest.raises(UserError, match="could not be written"):
        pack_model(tmp_path / "model", tmp_path / "no folder" / f"m{SUFFIX}")
    assert sorted(path.name for path in tmp_path.iterdir()) == [packed.name, "model"]


@pytest.mark.parametrize("name", ["../out.txt", "/tmp/out.txt", "folder/model.json", "folder/"])
def test_what_would_lead_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    path, back = tmp_path / f"bad{SUFFIX}", tmp_path / "back"
    back.mkdir()
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(name, "x")
    with pytest.raises(UserError, match="not a model of this program"):
        unpack_model(path, back)
    assert not list(back.iterdir())


def test_a_damaged_file_is_said(packed: Path, tmp_path: Path) -> None:
    content = bytearray(packed.read_bytes())
    content[60] ^= 0xFF
    for damaged in (bytes(content), packed.read_bytes()[:-30], b"no zip"):
        packed.write_bytes(damaged)
        back = tmp_path / f"back{len(damaged)}{damaged[60:61].hex()}"
        back.mkdir()
        with pytest.raises(UserError, match="is damaged"):
            unpack_model(packed, back)
