"""torchvision's VGG weights, trained on ImageNet, from which the encoder of a new model can start.

The one place of this program that uses the network, and only when a person asks for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import new_file, sha256, temporary_folder
from bcseg_gui.core.i18n import _
from bcseg_gui.core.locations import cache_folder
from model.networks import NETWORKS

from .progress import progress_bar

TIMEOUT = 30.0
"""Seconds without a byte until the connection counts as broken."""


def imagenet_weights(architecture: str) -> Path:
    """torchvision's official file for an architecture, downloaded (half a GB) the first time and kept.

    Raises UserError if the network has no such encoder, without a connection, with a full disk, and for a file that is
    not the official one, which is not kept.
    """
    pretrained = NETWORKS[architecture].pretrained
    if pretrained is None:
        raise UserError(
            "There are no ImageNet weights for {architecture}. Leave out --encoder-weights.", architecture=architecture
        )
    url, digest = pretrained.url, pretrained.sha256
    path = cache_folder() / url.rpartition("/")[2]
    if path.is_file() and sha256(path).startswith(digest):
        return path
    print(_("Fetching {url} …").format(url=url), flush=True)
    with temporary_folder(path) as folder:
        fetched = hashlib.sha256()
        with new_file(folder / path.name) as file:
            for chunk in _download(url):
                file.write(chunk)
                fetched.update(chunk)
        if not fetched.hexdigest().startswith(digest):
            raise UserError(
                "What came from {url} is not torchvision's file: its SHA-256 is {found}…, not {digest}…. It was thrown "
                "away. Try again, on another network if need be.",
                url=url,
                found=fetched.hexdigest()[:8],
                digest=digest[:8],
            )
        (folder / path.name).replace(path)
    return path


def _download(url: str) -> Iterator[bytes]:
    """Yield the content in pieces, with a progress bar in MB. Raises UserError unless all of it arrives."""
    try:
        with urlopen(url, timeout=TIMEOUT) as response, progress_bar() as bar:
            size = int(response.headers["Content-Length"] or 0)
            task = bar.add_task("MB", total=size >> 20 or None)
            received = 0
            while chunk := response.read(1 << 20):
                received += len(chunk)
                bar.update(task, completed=received >> 20)
                yield chunk
        if received < size:
            raise HTTPException("the connection broke off")
    except (OSError, HTTPException) as error:
        raise UserError(
            "{url} could not be fetched ({reason}). Check the internet connection and try again, or fetch the file "
            "elsewhere and give it with --encoder-weights FILE.",
            url=url,
            reason=getattr(error, "reason", None) or error,
        ) from error
