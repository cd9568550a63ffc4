"""What several processes do together is tested in tests/cli/test_torchrun.py."""

from __future__ import annotations

import pytest
import torch
from torch import distributed as dist

from model.training.distributed import average_gradients, broadcast_from_leader, own_share, summed, total


def test_each_process_has_its_share_of_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dist, "is_initialized", lambda: True)
    monkeypatch.setattr(dist, "get_world_size", lambda: 3)
    shares: list[int] = []
    for rank in range(3):
        monkeypatch.setattr(dist, "get_rank", lambda rank=rank: rank)
        assert len(own_share(4)) == 4
        shares += own_share(4)
    assert shares == list(range(12))


def test_one_process_alone_is_all_of_them() -> None:
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.sum().backward()
    average_gradients([parameter])
    assert parameter.grad is not None
    assert parameter.grad.tolist() == [1, 1]
    assert own_share(4) == range(4)
    assert broadcast_from_leader(lambda: "made") == "made"
    assert total(1.5, 2) == [1.5, 2]
    assert summed(parameter) is parameter
