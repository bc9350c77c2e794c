"""The shapes of a model's inputs, as people write them: ``3x32x32``, ``ids=256:int64``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from costmodel.files.documents import Strict


def parse_input(value: Any) -> Any:
    """``3x32x32``, ``256:int64``, ``ids=256:int64`` or a comma-separated list of them, without the batch dimension."""
    if isinstance(value, str):
        return tuple(_one_input(part.strip()) for part in value.split(","))
    if isinstance(value, dict) and not {"shape", "dtype"} & set(value):
        return tuple(_named(str(name), one) for name, one in value.items())
    if isinstance(value, (list, tuple)) and value and all(isinstance(v, int) for v in value):
        return (InputSpec(shape=tuple(value)),)
    return value


def _named(name: str, value: Any) -> InputSpec:
    """``{"ids": "256:int64"}``, ``{"image": (3, 32, 32)}``."""
    (one,) = parse_input(value)
    return InputSpec(shape=one.shape, dtype=one.dtype, name=name)


def _one_input(text: str) -> InputSpec:
    name, named, shape = text.rpartition("=")
    if named and not name.strip().isidentifier():
        raise ValueError(f"{name.strip()!r} is not the name of an argument of forward")
    shape, _, dtype = shape.partition(":")
    try:
        sizes = tuple(int(size) for size in shape.split("x")) if shape else ()
    except ValueError:
        raise ValueError(
            f"{text!r} is not an input shape; write 3x32x32, or 256:int64 for tokens, without the batch dimension"
        ) from None
    if any(size < 1 for size in sizes):
        raise ValueError(f"{text!r}: sizes are at least 1")
    return InputSpec(shape=sizes, dtype=dtype, name=name.strip())


class InputSpec(Strict):
    """One input tensor of the model, without its batch dimension.

    Attributes:
        dtype: torch's name of its elements' type, "" for float32, or what the network's own weights are.
        name: the argument of ``forward`` that gets it, "" where its place says that.
    """

    shape: tuple[int, ...]
    dtype: str = ""
    name: str = ""

    def __str__(self) -> str:
        text = f"{self.name}=" * bool(self.name) + "x".join(map(str, self.shape))
        return f"{text}:{self.dtype}" if self.dtype else text


Inputs = Annotated[tuple[InputSpec, ...], BeforeValidator(parse_input)]
