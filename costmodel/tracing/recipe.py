"""The training recipe: what a step is made of, how often it runs, and in which phases. Data, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from costmodel.errors import RecipeFormatError
from costmodel.files.documents import Strict, first_problem, read_document


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
    return InputSpec(shape=sizes, dtype=dtype or "float32", name=name.strip())


class InputSpec(Strict):
    """One input tensor of the model, without its batch dimension.

    Attributes:
        name: the argument of ``forward`` that gets it, "" where its place says that.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    name: str = ""

    def __str__(self) -> str:
        text = f"{self.name}=" * bool(self.name) + "x".join(map(str, self.shape))
        return text if self.dtype == "float32" else f"{text}:{self.dtype}"


def _plain(value: Any) -> Any:
    """Decimals of a YAML file as the floats that Python code expects."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


Options = Annotated[dict[str, Any], BeforeValidator(_plain)]
Inputs = Annotated[tuple[InputSpec, ...], BeforeValidator(parse_input)]
Count = Annotated[int, Field(ge=1)]


class PhaseSpec(Strict):
    """A stretch of the training that differs from the rest; what it leaves out is the recipe's.

    Attributes:
        freeze: shell patterns of parameter names that are not trained in this phase (``layer1.*``).
    """

    name: str
    input: Inputs | None = None
    batch: Count | None = None
    samples: Count | None = None
    epochs: Count | None = None
    steps: Count | None = None
    drop_last: bool | None = None
    freeze: tuple[str, ...] = ()
    optimizer: str | None = None
    optimizer_options: Options | None = None
    cycle: Count | None = None


class Recipe(Strict):
    """A training, from the command line, a ``recipe.yaml`` or a file's ``recipe()``.

    Attributes:
        model: subject reference (or a class, instance or function, from Python).
        input: the model's inputs without batch dimension.
        loss: a loss of ``torch.nn.functional`` by name, ``output`` if the model returns its loss,
            or a function (output, batch) → scalar.
        optimizer: class of ``torch.optim`` by name, or a function (model) → optimizer.
        step: a function (model, optimizer, batch) that runs one whole step itself.
        samples, epochs, steps, drop_last: how often; without samples or steps only one step is counted.
        cycle: steps after which the training repeats itself, where steps differ (a discriminator every fifth step,
            an update every fourth); the whole cycle is traced, and figures of a step are then those of the cycle.
        phases: stretches of the training, in order; none means one.
    """

    model: Any = None
    model_options: Options = Field(default_factory=dict)
    input: Inputs = (InputSpec(shape=(3, 32, 32)),)
    batch: Count = 1
    loss: str | Callable[..., Any] = "cross_entropy"
    optimizer: str | Callable[..., Any] = "sgd"
    optimizer_options: Options = Field(default_factory=dict)
    step: Callable[..., Any] | None = None
    samples: Count | None = None
    epochs: Count | None = None
    steps: Count | None = None
    drop_last: bool = False
    cycle: Count = 1
    phases: tuple[PhaseSpec, ...] = ()

    @model_validator(mode="after")
    def _length_fits(self) -> Recipe:
        for stretch in self.stretches():
            if stretch.epochs is not None and stretch.samples is None:
                raise ValueError("epochs need samples: how many steps an epoch has is not known otherwise")
            if stretch.epochs is not None and stretch.steps is not None:
                raise ValueError("give steps, or samples and epochs")
        return self

    def stretches(self) -> tuple[PhaseSpec, ...]:
        """The phases with everything filled in; one called ``training`` if the recipe names none."""
        return tuple(self._filled(phase) for phase in self.phases or (PhaseSpec(name="training"),))

    def _filled(self, phase: PhaseSpec) -> PhaseSpec:
        own: dict[str, Any] = {
            name: value
            for name in ("input", "batch", "samples", "drop_last", "cycle")
            if (value := getattr(phase, name)) is None and (value := getattr(self, name)) is not None
        }
        if phase.epochs is None and phase.steps is None:
            own |= {"epochs": self.epochs, "steps": self.steps}
        return phase.model_copy(update=own)


def schedule(phase: PhaseSpec) -> tuple[int | None, int | None]:
    """Number of full-batch steps and the size of each epoch's last partial batch (COUNTING row 21).

    Returns:
        (full steps, None) or (full steps, partial batch size); the number of partial steps is the number of
        epochs. (None, None) if the recipe does not say how long the training is.
    """
    batch = phase.batch or 1
    if phase.steps is not None:
        return phase.steps, None
    if phase.samples is None:
        return None, None
    epochs = phase.epochs or 1
    full, rest = divmod(phase.samples, batch)
    if rest and not phase.drop_last:
        return full * epochs, rest
    return full * epochs, None


def make_recipe(data: Mapping[str, Any], where: str) -> Recipe:
    """A checked recipe from plain data; ``where`` names its origin in errors.

    Raises:
        RecipeFormatError: an unknown key or a value that does not fit, with its path.
    """
    try:
        return Recipe.model_validate(dict(data))
    except ValidationError as problem:
        location, message = first_problem(problem, Recipe)
        raise RecipeFormatError(f"{where}: {'.'.join(map(str, location)) or 'recipe'}: {message}") from None


def read_recipe(path: Path) -> Recipe:
    """A ``recipe.yaml``; a model file in it is looked up beside the recipe.

    Raises:
        RecipeFormatError: no such file, not YAML, an unknown key, with file, line and field path.
    """
    recipe = read_document(path, Recipe, RecipeFormatError)
    if isinstance(recipe.model, str) and ".py" in recipe.model:
        recipe = recipe.model_copy(update={"model": str(path.parent / recipe.model)})
    return recipe
