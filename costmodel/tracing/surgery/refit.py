"""Fit the layers around a change: a layer that is given other channels than it has is made for as many.

It is done while the network runs, since only then is it known what a layer is given. A change after which the network
does not run (two tensors of different sizes are added) is none.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from costmodel.tracing.surgery.change import Shape

Conv = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


def refit(model: nn.Module, run: Callable[[], None]) -> dict[str, tuple[Shape, Shape]]:
    """Run a network, and fit its layers to what they are given.

    Returns:
        What each layer takes and gives, without the batch; of those that are called once with one tensor.

    Raises:
        Exception: it does not run, whatever torch says then.
    """
    shapes: dict[str, list[tuple[Shape, Shape]]] = {}

    def fit(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        if inputs and isinstance(inputs[0], torch.Tensor):
            _fit(module, inputs[0])

    def note(path: str) -> Callable[[nn.Module, tuple[Any, ...], Any], None]:
        def noted(_: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            if inputs and isinstance(inputs[0], torch.Tensor) and isinstance(output, torch.Tensor):
                shapes.setdefault(path, []).append((tuple(inputs[0].shape[1:]), tuple(output.shape[1:])))

        return noted

    with ExitStack() as hooks, torch.no_grad():
        for path, module in model.named_modules():
            hooks.callback(module.register_forward_pre_hook(fit).remove)
            hooks.callback(module.register_forward_hook(note(path)).remove)
        run()
    return {path: found[0] for path, found in shapes.items() if len(found) == 1}


def _fit(module: nn.Module, x: torch.Tensor) -> None:
    if isinstance(module, Conv) and x.shape[1] != module.in_channels:
        with_inputs(module, x.shape[1])
    elif isinstance(module, nn.Linear) and x.shape[-1] != module.in_features:
        module.in_features = x.shape[-1]
        module.weight = _like(module.weight, (module.out_features, module.in_features))
    elif isinstance(module, _BatchNorm) and x.shape[1] != module.num_features:
        module.num_features = x.shape[1]
        for name in ("weight", "bias", "running_mean", "running_var"):
            tensor = getattr(module, name)
            if tensor is not None:
                setattr(module, name, _like(tensor, (x.shape[1],)))
    elif isinstance(module, nn.GroupNorm) and x.shape[1] != module.num_channels:
        module.num_channels = x.shape[1]
        for name in ("weight", "bias"):
            if getattr(module, name) is not None:
                setattr(module, name, _like(getattr(module, name), (x.shape[1],)))


def with_inputs(conv: Any, channels: int) -> None:
    """A convolution of as many input channels; a depthwise one stays depthwise.

    Raises:
        ValueError: the channels do not go into its groups.
    """
    if conv.groups == conv.in_channels == conv.out_channels:
        conv.groups = conv.out_channels = channels
        if conv.bias is not None:
            conv.bias = _like(conv.bias, (channels,))
    if channels % conv.groups:
        raise ValueError(f"{channels} channels do not go into {conv.groups} groups")
    conv.in_channels = channels
    conv.weight = _like(conv.weight, (conv.out_channels, channels // conv.groups, *conv.weight.shape[2:]))


def with_outputs(layer: Any, channels: int) -> None:
    """A convolution or a linear layer of as many outputs.

    Raises:
        ValueError: the channels do not go into its groups.
    """
    if isinstance(layer, nn.Linear):
        layer.out_features = channels
    elif channels % layer.groups:
        raise ValueError(f"{channels} channels do not go into {layer.groups} groups")
    else:
        layer.out_channels = channels
    layer.weight = _like(layer.weight, (channels, *layer.weight.shape[1:]))
    if layer.bias is not None:
        layer.bias = _like(layer.bias, (channels,))


def _like(tensor: torch.Tensor, shape: tuple[int, ...]) -> Any:
    """A tensor of another shape in its place; a parameter if it is one."""
    made = torch.zeros(shape, dtype=tensor.dtype, device=tensor.device)
    return nn.Parameter(made, requires_grad=tensor.requires_grad) if isinstance(tensor, nn.Parameter) else made
