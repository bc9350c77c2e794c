"""Options about a run on a GPU, which several subcommands share."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from costmodel.backends.gpu.options import GpuOptions


def _gpu(
    precision: Annotated[
        str | None,
        typer.Option(
            "--precision", help="on a GPU: fp32, tf32 or amp [default: the recipe's, else torch's own]", metavar="WORD"
        ),
    ] = None,
    channels_last: Annotated[
        bool, typer.Option("--channels-last", help="on a GPU: images are stored in NHWC, and not in NCHW")
    ] = False,
    compiled: Annotated[bool, typer.Option("--compile", help="on a GPU: under torch.compile")] = False,
    workers: Annotated[
        int | None,
        typer.Option("--workers", help="on a GPU: processes that load data [default: data keeps up]", min=0),
    ] = None,
    power_limit: Annotated[
        float | None, typer.Option("--power-limit", help="on a GPU: watts that it is held under", metavar="WATTS")
    ] = None,
    carbon_intensity: Annotated[
        float | None,
        typer.Option("--carbon-intensity", help="on a GPU: grams of CO2e a kWh of the grid: says grams too"),
    ] = None,
    max_batch: Annotated[
        bool, typer.Option("--max-batch", help="on a GPU: also find the largest batch that fits, surely and possibly")
    ] = False,
) -> GpuOptions:
    """The words as options."""
    return GpuOptions(
        precision=precision,
        layout="nhwc" if channels_last else "nchw",
        compiled=compiled,
        workers=workers,
        power_limit=power_limit,
        carbon_intensity=carbon_intensity,
        max_batch=max_batch,
    )


def gpu_options(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options of :func:`_gpu`; it receives them as ``running``."""
    own = inspect.signature(command, eval_str=True).parameters
    described = inspect.signature(_gpu, eval_str=True).parameters
    place = list(own).index("running")
    others = [parameter for parameter in own.values() if parameter.name != "running"]
    merged = [*others[:place], *described.values(), *others[place:]]

    @functools.wraps(command)
    def with_running(**given: Any) -> int:
        words = {name: given.pop(name) for name in described}
        return command(running=_gpu(**words), **given)

    keyword_only = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in merged]
    with_running.__signature__ = inspect.Signature(keyword_only)  # type: ignore[attr-defined]
    with_running.__annotations__ = {p.name: p.annotation for p in merged}
    return with_running
