"""One training run in several processes started by torchrun: all compute gradients, the first one leads.

A step of n processes is that of one process with n times the batch, but for BatchNorm, which normalises each process's
share by itself. Outside of `joined` there is one process, and nothing here costs anything.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.distributed.rendezvous import rendezvous

from ..errors import ModelError

COLLECTIVE_TIMEOUT = timedelta(days=1)
"""How long the others wait for the leader, which validates, asks a teacher and writes. A process that ends is noticed
at once."""
T = TypeVar("T")


@contextmanager
def joined() -> Iterator[None]:
    """Join the processes that torchrun started; exits once the leader is done.

    If one fails, the others raise SystemExit silently, so that the reason is reported once.
    """
    store, rank, size = next(rendezvous("env://"))
    backend = _backend(store, rank, size)
    dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=COLLECTIVE_TIMEOUT)
    try:
        yield
        broadcast_from_leader(lambda: None)
    except BaseException as error:
        if _told_already(store):
            raise SystemExit(1) from error
        raise
    dist.destroy_process_group()


def _backend(store: Any, rank: int, size: int) -> str:
    """NCCL if every process on every machine has a graphics card of its own, else gloo."""
    place = int(os.environ["LOCAL_RANK"])
    store.set(f"graphics card of {rank}", "yes" if place < torch.cuda.device_count() else "no")
    if any(store.get(f"graphics card of {other}") == b"no" for other in range(size)):
        return "gloo"
    torch.cuda.set_device(place)
    return "cpu:gloo,cuda:nccl"


def _told_already(store: Any) -> bool:
    try:
        return bool(store.add("failures", 1) > 1)
    except RuntimeError:  # the machine that holds the store is gone
        return False


def processes() -> int:
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def is_leader() -> bool:
    """Whether this process is the one that prints, validates and writes."""
    return processes() == 1 or dist.get_rank() == 0


def own_share(count: int) -> range:
    """Indices of this process's `count` items, out of `count` per process."""
    first = 0 if is_leader() else dist.get_rank() * count
    return range(first, first + count)


def broadcast_from_leader(work: Callable[[], T]) -> T:
    """Call `work` in the leader alone and return its result, which must be picklable, in every process."""
    made = [work() if is_leader() else None]
    if processes() > 1:
        with _others_there():
            dist.broadcast_object_list(made, 0)
    return cast(T, made[0])


def total(*values: float) -> list[float]:
    """Sum each value over the processes."""
    return _sum(torch.tensor(values, dtype=torch.float64)).tolist() if processes() > 1 else list(values)


def summed(values: Tensor) -> Tensor:
    """Sum over the processes, to go on computing with.

    Its gradient is that of the sum once `average_gradients` has divided by the number of processes.
    """
    if processes() == 1:
        return values
    ours = values * processes()
    return ours + (_sum(values.detach().clone()) - ours).detach()


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Give all processes the mean of their gradients."""
    _average([parameter.grad for parameter in parameters if parameter.grad is not None])


def average_statistics(network: nn.Module) -> None:
    """Give all processes the mean of the running statistics, except in modules that are in evaluation mode."""
    training = [module for module in network.modules() if module.training]
    buffers = [buffer for module in training for buffer in module.buffers(recurse=False)]
    _average([buffer for buffer in buffers if buffer.is_floating_point()])


def _average(tensors: Sequence[Tensor]) -> None:
    """In place."""
    if processes() == 1 or not tensors:
        return
    mean = _sum(torch.cat([tensor.flatten() for tensor in tensors])) / processes()
    for tensor, values in zip(tensors, torch.split(mean, [tensor.numel() for tensor in tensors]), strict=True):
        tensor.copy_(values.view_as(tensor))


def _sum(tensor: Tensor) -> Tensor:
    """Sum over the processes; may change `tensor`. gloo needs it in CPU memory."""
    there = tensor if "nccl" in dist.get_backend_config() else tensor.cpu()
    with _others_there():
        dist.all_reduce(there)
    return there.to(tensor.device)


@contextmanager
def _others_there() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise ModelError(
            "Another process of this training has ended. Start all of them again: they go on from the last checkpoint."
        ) from error
