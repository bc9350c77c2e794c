"""The training recipe: what a step is made of, how often it runs, and in which phases. Data, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from costmodel.errors import RecipeFormatError
from costmodel.files.documents import Strict, first_problem, read_document
from costmodel.tracing.recipe.input_spec import Inputs, InputSpec


def _plain(value: Any) -> Any:
    """Decimals of a YAML file as the floats that Python code expects."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _whole_if_it_is(value: float) -> float:
    return int(value) if value.is_integer() else value


Options = Annotated[dict[str, Any], BeforeValidator(_plain)]
Count = Annotated[int, Field(ge=1)]
Epochs = Annotated[float, Field(gt=0, allow_inf_nan=False), AfterValidator(_whole_if_it_is)]
StepWord = Literal["train", "evaluate", "recalibrate"]


class Techniques(Strict):
    """What is done to a plain step.

    Attributes:
        accumulate: parts that the batch is split into; their gradients are added up for one update.
        autocast: ``bfloat16``, or ``float16`` with a gradient scaler.
        clip: gradients are clipped by their ``norm`` or by ``value``.
        mix: ``mixup`` or ``cutmix``: samples are mixed with those of a permuted batch, and the loss is taken twice.
        teacher: a subject whose predictions, without gradients, are compared with the model's (distillation).
        sam: at every so-many-th step the gradient is taken twice (sharpness-aware minimisation).
        average: at every so-many-th step an average of the weights takes them in (EMA, SWA).
        lookahead: at every so-many-th step the slow weights move towards the fast ones, which restart there.
    """

    accumulate: Count | None = None
    autocast: Literal["float16", "bfloat16"] | None = None
    clip: Literal["norm", "value"] | None = None
    mix: Literal["mixup", "cutmix"] | None = None
    teacher: Any = None
    sam: Count | None = None
    average: Count | None = None
    lookahead: Count | None = None

    def timed(self) -> dict[str, int]:
        """The techniques that not every step has, with their number."""
        return {name: k for name in TIMED if (k := getattr(self, name)) is not None and k > 1}

    def used(self) -> list[str]:
        """The names of those that were asked for."""
        return [name for name in Techniques.model_fields if getattr(self, name) is not None]


TIMED = ("sam", "average", "lookahead")
"""Techniques that come at every k-th step."""


class PhaseSpec(Techniques):
    """A stretch of the training that differs from the rest; what it leaves out is the recipe's.

    Attributes:
        model: another model than the recipe's, built with ``model_options``.
        step: a function, as in a recipe; or ``train``, ``evaluate`` (forward in evaluation mode, without gradients)
            or ``recalibrate`` (forward in training mode, without gradients: batch norm's statistics).
        every: the stretch is work beside the training: it comes at every so-many-th of its steps.
        freeze: shell patterns of parameter names that are not trained in this phase (``layer1.*``).
    """

    name: str
    model: Any = None
    model_options: Options | None = None
    input: Inputs | None = None
    batch: Count | None = None
    loss: str | Callable[..., Any] | None = None
    loss_options: Options | None = None
    samples: Count | None = None
    epochs: Epochs | None = None
    steps: Count | None = None
    every: Count | None = None
    drop_last: bool | None = None
    freeze: tuple[str, ...] = ()
    optimizer: str | Callable[..., Any] | None = None
    optimizer_options: Options | None = None
    step: StepWord | str | Callable[..., Any] | None = None
    cycle: Count | None = None
    draws: Literal["expected"] | None = None

    @property
    def trains(self) -> bool:
        """False for a stretch of forward passes alone."""
        return self.step not in ("evaluate", "recalibrate")


class Recipe(Techniques):
    """A training, from the command line, a ``recipe.yaml`` or a file's ``recipe()``.

    Attributes:
        model: subject reference (or a class, instance or function, from Python).
        script_args: command line of the script that builds the model, as one types it: ``--width 64``.
        input: the model's inputs without batch dimension.
        batch: samples of an update; None is one, or two where a network cannot be trained with one.
        loss: a loss of ``torch.nn.functional`` by name, ``output`` if the model returns its loss,
            or a function (output, batch) → scalar.
        loss_options: arguments of a loss by name (``label_smoothing: 0.1``).
        optimizer: class of ``torch.optim`` by name, or a function (model) → optimizer, or several.
        step: a function (model, optimizer, batch) that runs one whole step itself, with a list of optimizers where
            there are several, or its name: one of the model's file, or ``FILE.py:FUNCTION``; or a word, as in a phase.
        samples, epochs, steps, drop_last: how often; without samples or steps only one step is counted. Epochs may
            end within one: 16.5.
        cycle: steps after which the training repeats itself, where steps differ (a discriminator every fifth step,
            an update every fourth); the whole cycle is traced, and figures of a step are then those of the cycle.
        draws: ``expected``: a step that decides by random draws (stochastic depth) counts with the expected value.
        phases: stretches of the training, in order; none means one.
    """

    model: Any = None
    model_options: Options = Field(default_factory=dict)
    script_args: str = ""
    input: Inputs = (InputSpec(shape=(3, 32, 32)),)
    batch: Count | None = None
    loss: str | Callable[..., Any] = "cross_entropy"
    loss_options: Options = Field(default_factory=dict)
    optimizer: str | Callable[..., Any] = "sgd"
    optimizer_options: Options = Field(default_factory=dict)
    step: StepWord | str | Callable[..., Any] | None = None
    samples: Count | None = None
    epochs: Epochs | None = None
    steps: Count | None = None
    drop_last: bool = False
    cycle: Count = 1
    draws: Literal["expected"] | None = None
    phases: tuple[PhaseSpec, ...] = ()

    @model_validator(mode="after")
    def _length_fits(self) -> Recipe:
        for stretch in self.stretches():
            if stretch.epochs is not None and stretch.samples is None:
                raise ValueError("epochs need samples: how many steps an epoch has is not known otherwise")
            if stretch.epochs is not None and stretch.steps is not None:
                raise ValueError("give steps, or samples and epochs")
            if (stretch.cycle or 1) > 1 and stretch.timed():
                raise ValueError("a cycle is the recipe's own: give sam, average and lookahead no number beside it")
        for phase in self.phases:
            if phase.every is not None and (phase.steps, phase.epochs, phase.samples) != (None, None, None):
                raise ValueError("every: says how often a phase comes; leave its steps, epochs and samples out")
        if self.phases and all(phase.every for phase in self.phases):
            raise ValueError("every: work at every so-many-th step needs a phase that has these steps")
        return self

    def stretches(self) -> tuple[PhaseSpec, ...]:
        """The phases with everything filled in; one called ``training`` if the recipe names none."""
        return tuple(self._filled(phase) for phase in self.phases or (PhaseSpec(name="training"),))

    def _filled(self, phase: PhaseSpec) -> PhaseSpec:
        own: dict[str, Any] = {
            name: value
            for name in (*_INHERITED, *Techniques.model_fields)
            if (value := getattr(phase, name)) is None and (value := getattr(self, name)) is not None
        }
        if phase.every is not None:
            own |= {"samples": None, "epochs": None, "steps": None}
        elif phase.epochs is None and phase.steps is None:
            own |= {"epochs": self.epochs, "steps": self.steps}
        return phase.model_copy(update=own)


_INHERITED = ("input", "batch", "loss", "loss_options", "samples", "drop_last", "step", "cycle", "draws")
"""Fields that a phase takes from its recipe."""


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
