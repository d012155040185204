"""Live arguments: plain data as the objects that a hook is handed, and these as plain data again."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

import torch

from harness.contracts.observation import Request
from harness.plain import Opaque, Plain, to_plain
from harness.wire import encode


def live_arguments(request: Request) -> dict[str, Any]:
    """The arguments of a request, as it wants them."""
    differentiate = request.cotangent_seed is not None
    live = {name: live_of(value, request.device, differentiate) for name, value in request.arguments.items()}
    if "generator" in live:
        live["generator"] = torch.Generator().manual_seed(live["generator"])
    return {name: strided(value) for name, value in live.items()} if request.strided else live


def live_drive(request: Request) -> dict[str, Any]:
    """The drive of a request, as it wants it."""
    differentiate = request.cotangent_seed is not None
    live = {name: live_of(value, request.device, differentiate) for name, value in request.drive.items()}
    return {name: strided(value) for name, value in live.items()} if request.strided else live


def live_of(value: Plain, device: str, differentiate: bool) -> Any:
    """Plain data as live arguments: fresh tensors on the device, leaves of a graph where asked for."""
    if value is None or isinstance(value, (int, float, str)):
        return value
    if isinstance(value, torch.Tensor):
        tensor = value.detach().to(device, copy=True)
        return tensor.requires_grad_(differentiate and tensor.is_floating_point())
    if isinstance(value, (list, tuple)):
        return type(value)(live_of(item, device, differentiate) for item in value)
    if isinstance(value, dict):
        return {key: live_of(item, device, differentiate) for key, item in value.items()}
    return value


def strided(value: Any) -> Any:
    """The same, with tensors whose elements do not lie side by side in memory, nor at its beginning."""
    if isinstance(value, torch.Tensor) and value.ndim > 0:
        with torch.no_grad():
            if value.ndim > 1:
                turned = value.permute(*reversed(range(value.ndim)))
                apart = torch.stack([torch.zeros_like(turned), turned])[1].permute(*reversed(range(value.ndim)))
            else:
                apart = torch.stack([torch.zeros_like(value), value], 1)[:, 1]
        return apart.requires_grad_(value.requires_grad)
    if isinstance(value, (list, tuple)):
        return type(value)(map(strided, value))
    if isinstance(value, dict):
        return {key: strided(item) for key, item in value.items()}
    return value


def renew(live: dict[str, Any], contents: Mapping[str, Plain], device: str) -> None:
    """Give live arguments other contents in the same objects, as an optimizer's step does, or a buffer's next use."""
    for name, value in contents.items():
        if name == "generator":
            live[name].manual_seed(value)
        else:
            live[name] = _renewed(live[name], value, device)


def _renewed(live: Any, value: Plain, device: str) -> Any:
    if isinstance(live, torch.Tensor) and isinstance(value, torch.Tensor):
        if live.shape == value.shape and live.dtype == value.dtype:
            with torch.no_grad():
                return live.copy_(value)
    elif isinstance(live, dict) and isinstance(value, dict):
        now = {key: _renewed(live.get(key), item, device) for key, item in value.items()}
        live.clear()
        live.update(now)
        return live
    elif isinstance(live, list) and isinstance(value, list):
        live[:] = [_renewed(*pair, device) for pair in zip_longest(live[: len(value)], value)]
        return live
    return live_of(value, device, False)


def afterwards(live: dict[str, Any]) -> dict[str, Plain]:
    """Each argument as it is now; whatever a hook put into it that cannot be written down is Opaque, and so changed."""
    written: dict[str, Plain] = {}
    for name, value in live.items():
        try:
            written[name] = to_plain(value)
            encode(written[name])
        except Exception as error:
            written[name] = Opaque(f"what cannot be written down ({type(error).__name__})")
    return written
