from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import current_thread, main_thread

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.slides import Slide, open_slide
from bcseg_gui.ui.dialogs.slide_info import SlideInfoDialog, facts, file_size, read_picture

BROKEN = "broken"


class Images(Mapping[str, NDArray[np.uint8]]):
    """Records what was read, and whether in the window's thread."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.read: list[str] = []
        self.in_main_thread = False

    def __getitem__(self, name: str) -> NDArray[np.uint8]:
        self.read.append(name)
        self.in_main_thread |= current_thread() is main_thread()
        if name == BROKEN:
            raise UserError("“{path}” has a picture that cannot be read.", path="a.svs")
        return np.full((600, 800, 3), (255, 0, 255), np.uint8)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


class FakeSlide(Slide):
    def __init__(self, path: Path, *names: str, mpp: float | None = 0.25, **more: object) -> None:
        self.images = Images(names)
        super().__init__(
            path,
            ((40_000, 20_000), (10_000, 5_000)),
            (1.0, 4.0),
            properties={"aperio.Patient": "Jeanne Martin", "openslide.comment": "Jeanne Martin"},
            mpp=mpp,
            associated_images=self.images,
            objective_power=40.0,
            details={"Compression": "JPEG"},
            **more,  # type: ignore[arg-type]
        )

    def _read(self, location: tuple[int, int], level: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        raise AssertionError("the dialog reads no pixels of the slide itself")

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def english_numbers() -> Iterator[None]:
    default = QLocale()
    QLocale.setDefault(QLocale("en"))
    yield
    QLocale.setDefault(default)


@pytest.fixture
def show(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., tuple[SlideInfoDialog, Images]]]:
    window = QWidget()
    qtbot.addWidget(window)
    path = tmp_path / "martin-1234.svs"
    path.write_bytes(bytes(2_500_000))
    dialogs: list[SlideInfoDialog] = []

    def shown(*names: str, **more: object) -> tuple[SlideInfoDialog, Images]:
        slide = FakeSlide(path, *names, **more)  # type: ignore[arg-type]
        dialog = SlideInfoDialog(slide, window)
        dialogs.append(dialog)
        dialog.open()
        return dialog, slide.images

    yield shown
    for dialog in filter(isValid, dialogs):
        with qtbot.waitSignal(dialog.destroyed):
            dialog.close()


def texts(dialog: SlideInfoDialog) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel) if label.isVisible()]


def pictures(dialog: SlideInfoDialog) -> list[str]:
    """What pictures are seen."""
    labels = [label for label in dialog.findChildren(QLabel) if label.isVisible() and not label.pixmap().isNull()]
    return [label.accessibleName() for label in labels]


def test_it_says_in_plain_words_what_the_file_says(qtbot: QtBot, show) -> None:
    dialog, _images = show()
    qtbot.waitUntil(lambda: "2.5 MB" in texts(dialog))
    for text in ("40,000 × 20,000 px · 10 × 5 mm", "0.25 µm/px", "40×", "JPEG", "There are none."):
        assert text in texts(dialog)
    assert not dialog.switch.isVisible()


def test_a_scale_that_is_not_in_the_file(tmp_path: Path) -> None:
    slide = FakeSlide(tmp_path / "a.svs", mpp=None)
    assert dict(facts(slide))["Scale"] == "not in the file"
    assert "mm" not in dict(facts(slide))["Size"]
    assert dict(facts(slide, 0.5))["Scale"] == "0.5 µm/px, set by you"
    assert dict(facts(slide, 0.5))["Size"].endswith("20 × 10 mm")


def test_the_page_is_shown_where_there_are_several(tmp_path: Path) -> None:
    slide = FakeSlide(tmp_path / "a.tif", page=1, page_names=("smear", "thick drop"))
    assert dict(facts(slide))["Page"] == "2 of 2 · thick drop"
    assert "Page" not in dict(facts(FakeSlide(tmp_path / "a.tif")))


def test_a_damaged_file_is_reported(show) -> None:
    dialog, _images = show(warning=UserError("“{path}” is cut short.", path="a.svs"))
    assert "“a.svs” is cut short." in texts(dialog)


def test_the_label_is_neither_shown_nor_read_until_asked_for(qtbot: QtBot, show) -> None:
    dialog, images = show("label", "thumbnail", "macro")
    qtbot.waitUntil(lambda: pictures(dialog) == ["Thumbnail"])
    assert images.read == ["thumbnail"]
    assert not dialog.switch.isChecked()
    assert any("never exported" in text for text in texts(dialog))
    dialog.switch.click()
    qtbot.waitUntil(lambda: pictures(dialog) == ["Thumbnail", "Label", "Overview photograph"])
    assert not images.in_main_thread


def test_switched_off_nothing_of_the_label_is_kept(qtbot: QtBot, show) -> None:
    dialog, _images = show("label", "macro")
    dialog.switch.click()
    qtbot.waitUntil(lambda: len(pictures(dialog)) == 2)
    labels = [label for label in dialog.findChildren(QLabel) if not label.pixmap().isNull()]
    with qtbot.waitSignals([label.destroyed for label in labels]):
        dialog.switch.click()
    assert pictures(dialog) == []


def test_the_switch_is_off_whenever_it_is_opened(qtbot: QtBot, show) -> None:
    dialog, _images = show("label")
    dialog.switch.click()
    qtbot.waitUntil(lambda: pictures(dialog) == ["Label"])
    with qtbot.waitSignal(dialog.destroyed):
        dialog.close()
    again, images = show("label")
    assert not again.switch.isChecked()
    assert images.read == []


def test_one_that_cannot_be_read_says_so_and_the_others_are_shown(qtbot: QtBot, show) -> None:
    dialog, _images = show(BROKEN, "thumbnail", "label")
    dialog.switch.click()
    qtbot.waitUntil(lambda: pictures(dialog) == ["Thumbnail", "Label"])
    assert "broken: “a.svs” has a picture that cannot be read." in texts(dialog)


def test_what_is_copied_names_no_patient(qtbot: QtBot, show) -> None:
    dialog, _images = show("label")
    qtbot.waitUntil(lambda: "2.5 MB" in texts(dialog))
    dialog.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert "Compression: JPEG" in copied
    assert "Levels: 1 : 1   40,000 × 20,000 px, 1 : 4   10,000 × 5,000 px" in copied
    assert "File size: 2.5 MB" in copied
    assert "martin" not in copied.lower()
    assert not any("Jeanne" in text for text in texts(dialog))


@pytest.mark.parametrize("asked", [False, True])
def test_it_closes_while_pictures_are_read(qtbot: QtBot, tmp_path: Path, asked: bool) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    dialog = SlideInfoDialog(FakeSlide(tmp_path / "gone.svs", "thumbnail", "label"), window)
    dialog.open()
    dialog.switch.setChecked(asked)
    with qtbot.waitSignal(dialog.destroyed):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)


def test_a_file_that_is_gone_has_no_size(qtbot: QtBot, tmp_path: Path) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    dialog = SlideInfoDialog(FakeSlide(tmp_path / "gone.svs"), window)
    dialog.open()
    qtbot.waitUntil(lambda: "–" in texts(dialog))
    (close,) = (button for button in dialog.findChildren(QPushButton) if button.text() == "Close")
    with qtbot.waitSignal(dialog.destroyed):
        close.click()


def test_the_size_of_a_mirax_slide_is_that_of_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "a.mrxs"
    path.write_bytes(bytes(10))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "Data0000.dat").write_bytes(bytes(1000))
    assert file_size(path) == 1010


@pytest.mark.parametrize(
    ("within", "size"), [((400, 400), (400, 300)), ((2000, 2000), (800, 600)), ((80, 15), (20, 15))]
)
def test_a_picture_keeps_its_proportions_and_is_never_enlarged(
    tmp_path: Path, within: tuple[int, int], size: tuple[int, int]
) -> None:
    image = read_picture(FakeSlide(tmp_path / "a.svs", "label"), "label", QSize(*within))
    assert image.size() == QSize(*size)
    assert image.pixelColor(size[0] // 2, size[1] // 2).getRgb()[:3] == (255, 0, 255)


def test_a_real_slide(data_folder: Path) -> None:
    with open_slide(data_folder / "slides" / "CMU-1-Small-Region.svs") as slide:
        shown = dict(facts(slide))
        assert shown["Size"] == "2,220 × 2,967 px · 1.11 × 1.48 mm"
        assert shown["Objective"] == "20×"
        spoken = " ".join((*shown, *shown.values()))
        private = {name: value for name, value in slide.properties.items() if name in PRIVATE and value in spoken}
        assert not private


PRIVATE = ("aperio.User", "aperio.Date", "aperio.Time", "aperio.ImageID", "aperio.Filename", "aperio.ScanScope ID")
