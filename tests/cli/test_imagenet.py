"""torchvision's weights are fetched once, whole and unaltered, or one sentence says why not."""

from __future__ import annotations

import errno
import hashlib
import socket
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bcseg_gui.cli import imagenet
from bcseg_gui.cli.imagenet import imagenet_weights
from bcseg_gui.core.errors import UserError
from model.networks import NETWORKS, NetworkRow

ServePretrained = Callable[[str, str, str], None]
CONTENT = b"weights" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def official(tmp_path: Path, serve_pretrained: ServePretrained) -> Path:
    """The file that stands for torchvision's on its server."""
    path = tmp_path / "server" / "vgg.pth"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    serve_pretrained("ternausnet16", path.as_uri(), DIGEST[:8])
    return path


@pytest.fixture(autouse=True)
def nothing_half_done(own_home: Path) -> Iterator[None]:
    yield
    assert {path.name for path in own_home.rglob("*") if path.is_file()} <= {"vgg.pth"}
    assert not list(own_home.rglob("*.tmp"))


def test_the_official_files_bear_the_first_digits_of_their_hash() -> None:
    official = [row.pretrained for row in NETWORKS.values() if row.pretrained]
    assert len(official) >= 2
    for pretrained in official:
        assert pretrained.url.startswith("https://download.pytorch.org/models/vgg")
        assert pretrained.url.endswith(f"-{pretrained.sha256[:8]}.pth")


def test_a_network_without_pretrained_weights_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NETWORKS, "plain", NetworkRow(".ternausnet:TernausNet11", stride=32))
    with pytest.raises(UserError, match="no ImageNet weights for plain"):
        imagenet_weights("plain")


def test_it_is_fetched_once_and_kept(official: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = imagenet_weights("ternausnet16")
    assert path.read_bytes() == CONTENT
    assert official.as_uri() in capsys.readouterr().out
    official.unlink()
    assert imagenet_weights("ternausnet16") == path
    assert capsys.readouterr().out == ""


def test_a_kept_file_that_was_damaged_is_fetched_anew(official: Path) -> None:
    path = imagenet_weights("ternausnet16")
    path.write_bytes(CONTENT[:-1])
    assert imagenet_weights("ternausnet16").read_bytes() == CONTENT


def test_another_file_is_not_kept(official: Path, own_home: Path) -> None:
    official.write_bytes(b"something else")
    with pytest.raises(UserError, match="is not torchvision's file: its SHA-256 is"):
        imagenet_weights("ternausnet16")
    assert not list(own_home.rglob("vgg.pth"))


@pytest.mark.usefixtures("official")
def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(imagenet, "new_file", full)
    with pytest.raises(UserError, match=r"The disk is full, so .*vgg\.pth"):
        imagenet_weights("ternausnet16")
    assert not list(own_home.rglob("vgg.pth"))


def test_no_connection_is_said(
    official: Path, serve_pretrained: ServePretrained, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    serve_pretrained("ternausnet16", f"http://127.0.0.1:{port}/vgg.pth", DIGEST)
    with pytest.raises(UserError, match=r"vgg\.pth could not be fetched .* Check the internet connection"):
        imagenet_weights("ternausnet16")


@pytest.mark.parametrize(("status", "reason"), [(200, "the connection broke off"), (404, "Not Found")])
def test_what_a_server_does_not_give_is_said(
    status: int, reason: str, serve_pretrained: ServePretrained, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stingy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT[:100])

        def log_message(self, *_: object) -> None:
            """Not on the test's screen."""

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), Stingy) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/vgg.pth"
        serve_pretrained("ternausnet16", address, DIGEST)
        with pytest.raises(UserError, match=rf"could not be fetched \({reason}\)"):
            imagenet_weights("ternausnet16")
        thread.join()
