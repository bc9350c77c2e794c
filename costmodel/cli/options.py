"""Options that several subcommands share, and how their words become settings."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import click
import typer
from click.core import ParameterSource

from costmodel import backends
from costmodel.backends.backend import Backend, BackendOption, Verifier
from costmodel.errors import UsageError
from costmodel.reports import general_names

Subject = Annotated[
    str,
    typer.Argument(help="FILE.py:NAME, FILE.py, FOLDER[:NAME], package.module:NAME or recipe.yaml", metavar="SUBJECT"),
]
Concrete = Annotated[
    bool, typer.Option("--concrete", help="what hangs on values is recorded on real tensors: figures for one batch")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="neither read nor write the cache")]
Score = Annotated[
    str | None, typer.Option("--score", help="a leaderboard's Score: accuracy- or error-, -fraction or -percent")
]
Solution = Annotated[
    Path | None, typer.Option("--solution", help="labels that a facts file of predictions is scored against")
]
Reading = Annotated[str, typer.Option("--reading", help="how ambiguous rules are read (costmodel rules show NAME)")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", help="worker processes; 0: one per core", min=0)]
Rules = Annotated[str | None, typer.Option("--rules", help="a rulebook's name or YAML file")]
Hardware = Annotated[str | None, typer.Option("--hardware", help="a machine's name or YAML file")]
Fact = Annotated[
    list[str] | None,
    typer.Option("--fact", help="with --rules: a value measured elsewhere, taken to stay", metavar="NAME=VALUE"),
]
Deadline = Annotated[
    str | None,
    typer.Option("--deadline", help="the course's own, a local time: '2022-02-28 23:59'", metavar="TIME"),
]
Timezone = Annotated[
    str | None,
    typer.Option("--timezone", help="of the deadline, and of times without one: America/New_York, +02:00, AoE"),
]
LatePolicy = Annotated[
    str | None,
    typer.Option(
        "--late-policy",
        help="grace=15m,percent=10,per=day,cut_off=3d; or points=10; what is late loses so much",
        metavar="POLICY",
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format", "-f", help=f"{', '.join(general_names())} [default: what the ending of --output says, else text]"
    ),
]
Human = Annotated[bool, typer.Option("--human", help="numbers as people say them: 2.1 G, 24.6 kB (in text)")]
Columns = Annotated[
    str | None,
    typer.Option("--columns", help="only these columns: layer,where,'bytes in' (in text, md, csv)", metavar="NAMES"),
]
Output = Annotated[str | None, typer.Option("--output", "-o", help="write to this file instead of stdout")]


def examples(*lines: str) -> str:
    """Lines below a command's help; the first sign keeps them as they are."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


def refuse(names: Sequence[str], because: str) -> None:
    """An option that would have no effect is a mistake, not a wish.

    Args:
        names: parameters of the running command.
        because: what they need, or what stands in their way.

    Raises:
        UsageError: one of them was given.
    """
    context = click.get_current_context()
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if given and parameter.name in names:
            raise UsageError(f"{max(parameter.opts, key=len)} {because}")


def recipe_options(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options of :func:`_recipe`; it receives those that were given as ``settings``.

    The rest stays at the recipe's own defaults.
    """
    own = inspect.signature(command, eval_str=True).parameters
    described = inspect.signature(_recipe, eval_str=True).parameters
    parameters = [p for p in own.values() if p.name != "settings"]
    subject, others = parameters[:1], parameters[1:]
    merged = [*subject, *described.values(), *others]

    @functools.wraps(command)
    def with_settings(**given: Any) -> int:
        words = {name: given.pop(name) for name in described}
        return command(settings=_settings(words), **given)

    keyword_only = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in merged]
    with_settings.__signature__ = inspect.Signature(keyword_only)  # type: ignore[attr-defined]
    with_settings.__annotations__ = {p.name: p.annotation for p in merged}
    return with_settings


def backend_options(*names: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command the options of the backends; it receives those that were given as ``words``.

    Args:
        names: of the options that the command has a use for; none means all of them.
    """

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        own = inspect.signature(command, eval_str=True).parameters
        known = [o for name in backends.names() for o in backends.load(name).OPTIONS if not names or o.name in names]
        added = {option.name: _parameter(option) for option in known}

        @functools.wraps(command)
        def with_words(**given: Any) -> int:
            words = {name: given.pop(name) for name in added}
            return command(words={name: value for name, value in words.items() if value is not None}, **given)

        place = list(own).index("words")
        others = [p for p in own.values() if p.name != "words"]
        merged = [*others[:place], *added.values(), *others[place:]]
        with_words.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in merged]
        )
        with_words.__annotations__ = {p.name: p.annotation for p in merged}
        return with_words

    return decorate


def backend_titles() -> str:
    """The backends and what they are, for a help text."""
    return ", or ".join(f"{name} ({backends.load(name).TITLE})" for name in backends.names())


def verifier_title() -> str:
    """The first backend that checks the mappings of another, for a help text."""
    return next(iter(backends.verifiers()))


def verifies(name: str) -> bool:
    """Whether a backend checks the mappings of another."""
    return name in backends.verifiers()


def words_by_backend() -> dict[str, tuple[str, ...]]:
    """The names of the options that each backend has for itself."""
    return {name: tuple(option.name for option in backends.load(name).OPTIONS) for name in backends.names()}


def words_of(words: Mapping[str, Any], backend: Backend | Verifier) -> dict[str, Any]:
    """Those of the words that a backend understands."""
    return {option.name: words[option.name] for option in backend.OPTIONS if option.name in words}


def _parameter(option: BackendOption) -> inspect.Parameter:
    wanted = option.kind if option.default is not None else option.kind | None
    annotation = Annotated[wanted, typer.Option(f"--{option.name.replace('_', '-')}", help=option.help)]  # type: ignore[valid-type]
    return inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=option.default, annotation=annotation)


def _recipe(
    model_options: Annotated[
        list[str] | None,
        typer.Option("--model-option", help="argument of the model: NAME=VALUE", metavar="NAME=VALUE"),
    ] = None,
    script_args: Annotated[
        str | None,
        typer.Option("--script-args", help="command line of the script that builds the model: '--width 64'"),
    ] = None,
    input: Annotated[
        list[str] | None,
        typer.Option(
            "--input", help="inputs without batch: 3x32x32, 256:int64, mask=256; several with commas [default: 3x32x32]"
        ),
    ] = None,
    batch: Annotated[
        int | None,
        typer.Option("--batch", help="batch size [default: 1, or 2 if it normalises over a batch]", min=1),
    ] = None,
    step: Annotated[
        str | None,
        typer.Option(
            "--step",
            help="a whole step of your own: NAME or FILE.py:NAME of a function (model, optimizer, batch); or evaluate, "
            "recalibrate. Phases with steps that differ are given in a recipe.yaml, or by the file's recipe()",
            metavar="FUNCTION",
        ),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option("--loss", help="loss of torch.nn.functional, or 'output' [default: cross_entropy]"),
    ] = None,
    optimizer: Annotated[
        str | None, typer.Option("--optimizer", help="class of torch.optim, or 'none' [default: sgd]")
    ] = None,
    optimizer_options: Annotated[
        list[str] | None,
        typer.Option("--optimizer-option", help="option of the optimizer: NAME=VALUE", metavar="NAME=VALUE"),
    ] = None,
    samples: Annotated[int | None, typer.Option("--samples", help="training samples in an epoch", min=1)] = None,
    epochs: Annotated[float | None, typer.Option("--epochs", help="epochs of the whole training, also 16.5")] = None,
    drop_last: Annotated[bool, typer.Option("--drop-last", help="leave out each epoch's last partial batch")] = False,
    steps: Annotated[
        int | None, typer.Option("--steps", help="steps of the whole training, in place of --samples", min=1)
    ] = None,
    loss_options: Annotated[
        list[str] | None,
        typer.Option("--loss-option", help="argument of the loss: label_smoothing=0.1", metavar="NAME=VALUE"),
    ] = None,
    accumulate: Annotated[
        int | None, typer.Option("--accumulate", help="parts that a batch is split into, for one update", min=1)
    ] = None,
    autocast: Annotated[
        str | None, typer.Option("--autocast", help="bfloat16, or float16 with a gradient scaler")
    ] = None,
    clip: Annotated[str | None, typer.Option("--clip", help="clip gradients: norm or value")] = None,
    mix: Annotated[str | None, typer.Option("--mix", help="mixed samples: mixup or cutmix")] = None,
    teacher: Annotated[
        str | None, typer.Option("--teacher", help="distil from this model: FILE.py:NAME", metavar="SUBJECT")
    ] = None,
    sam: Annotated[
        int | None, typer.Option("--sam", help="the gradient is taken twice at every N-th step", metavar="N", min=1)
    ] = None,
    average: Annotated[
        int | None,
        typer.Option("--average", help="weights are averaged at every N-th step (EMA, SWA)", metavar="N", min=1),
    ] = None,
    lookahead: Annotated[
        int | None, typer.Option("--lookahead", help="slow weights move at every N-th step", metavar="N", min=1)
    ] = None,
    cycle: Annotated[
        int | None, typer.Option("--cycle", help="steps after which a step of your own repeats itself", min=1)
    ] = None,
    draws: Annotated[
        str | None, typer.Option("--draws", help="expected: random draws (stochastic depth) by their expected value")
    ] = None,
) -> None:
    """Describe a subject's training: the signature is what counts."""


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    """Recipe settings from the options that were given."""
    result = {name: value for name, value in given.items() if value is not None and value is not False and value != []}
    for name in ("model_options", "loss_options", "optimizer_options"):
        if name in result:
            result[name] = pairs(result[name], f"--{name.replace('_', '-')[:-1]}")
    if "input" in result:
        result["input"] = ",".join(result["input"])
    return result


def pairs(given: list[str], option: str) -> dict[str, Any]:
    """``NAME=VALUE`` words as a dict; values are read as YAML (``0.1`` is a number, ``true`` a boolean)."""
    return {name: _value(text) for name, text in words(given, option).items()}


def words(given: list[str], option: str) -> dict[str, str]:
    """``NAME=VALUE`` words as a dict of texts.

    Raises:
        UsageError: a word without an equals sign.
    """
    result: dict[str, str] = {}
    for word in given:
        name, equals, text = word.removeprefix("\ufeff").partition("=")  # what an editor puts before a first line
        if not equals or not name:
            raise UsageError(f"{option} {word!r}: write NAME=VALUE")
        if name in result:
            raise UsageError(f"{option} {name} is given twice: {result[name]} and {text}")
        result[name] = text
    return result


def _value(text: str) -> Any:
    import yaml  # only where there are options: --help must not wait for it

    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    if isinstance(value, str):
        # YAML wants 1.0e-3; people write 1e-3
        try:
            return float(value)
        except ValueError:
            return value
    return value
