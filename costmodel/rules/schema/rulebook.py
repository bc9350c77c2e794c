"""The rulebook: one edition of a rule set as data, every number with its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, model_validator
from typing_extensions import Self

from costmodel.contracts.contract import ContractSpec
from costmodel.errors import RulebookError, UnknownNameError
from costmodel.files.documents import Strict, read_document
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.verdict import AS_WRITTEN
from costmodel.rules.figures import FIGURES, OF_INFERENCE
from costmodel.rules.gpu_figures import GPU_FIGURES
from costmodel.rules.schema.gpu_rule import GpuRule
from costmodel.rules.schema.limit import LimitSpec
from costmodel.rules.schema.metric import MetricSpec
from costmodel.rules.schema.points import PointTable
from costmodel.rules.schema.ranking_rule import BracketSpec, RankingSpec
from costmodel.rules.schema.reading import ReadingSpec, changed
from costmodel.rules.schema.scores import SCORES


class ConventionSpec(Strict):
    """How operations are counted."""

    name: Literal["haet"] = "haet"
    edition: Literal[1] = 1
    random: bool = True


class SubjectDefaults(Strict):
    """What the command line assumes for a subject of this rulebook.

    Attributes:
        input, batch: for a subject that brings no recipe of its own; no batch is the recipe's default.
        given: the rules give the input: a subject's own one does not count.
        one_batch: where a figure hangs on the values of a batch, that of one batch counts (``--concrete``).
        model: the file and object that submissions must have (``model.py:Net``), where the rules say so.
    """

    input: str
    batch: int | None = None
    given: bool = False
    one_batch: bool = False
    model: str | None = None

    @property
    def defaults(self) -> dict[str, Any]:
        """Recipe settings that a subject's own override."""
        return {"input": self.input} | ({} if self.batch is None else {"batch": self.batch})

    @property
    def settings(self) -> dict[str, Any]:
        """Recipe settings that override a subject's own."""
        return {"input": self.input} if self.given else {}


class HardwareRule(Strict):
    """The accelerator that gives energy and cycles.

    Attributes:
        machine: a hardware spec's name.
        search: how mappings are chosen for the numbers that count.
        beside: other ways, shown beside them.
        phase: inference (one sample) or training (a step).
        timeout, victory_condition: settings of the mapper, where the edition has its own.
    """

    machine: str
    search: Literal["optimum", "course"]
    beside: tuple[Literal["optimum", "course"], ...] = ()
    phase: Literal["inference", "training"] = "inference"
    timeout: int | None = None
    victory_condition: int | None = None
    source: str

    def on(self, spec: HardwareSpec) -> HardwareSpec:
        """The machine with the edition's own settings of the mapper."""
        own = {k: v for k in ("timeout", "victory_condition") if (v := getattr(self, k)) is not None}
        if not own or spec.mapper is None:
            return spec
        return spec.model_copy(update={"mapper": spec.mapper.model_copy(update=own)})


class ResourceSpec(Strict):
    """A property of the machine that runs the submissions, for people and for estimates; ``cores`` are kept by run."""

    resource: str
    value: str
    source: str
    cores: Annotated[int, Field(ge=1)] | None = None


class AmbiguitySpec(Strict):
    """A place where the text can be read in more than one way, and the reading that is taken."""

    about: str
    taken: str
    readings: tuple[str, ...] = ()


class UndecidedSpec(Strict):
    """A rule that no machine can decide, and why: a person must."""

    rule: str
    because: str
    source: str


class Rulebook(Strict):
    """One edition of a rule set. ``tracks`` are alternative sets of limits; the first is the default.

    Attributes:
        gpu: the card that seconds, memory and joules are estimated for.
        waive_uncounted: op packets that may stay without formula.
        readings: alternative readings by name; ``as-written`` is the rulebook itself.
        notes: readings taken where the text is ambiguous.
    """

    name: str
    edition: str
    title: str
    source: str
    subject: SubjectDefaults
    convention: ConventionSpec = ConventionSpec()
    hardware: HardwareRule | None = None
    gpu: GpuRule | None = None
    contract: ContractSpec | None = None
    resources: tuple[ResourceSpec, ...] = ()
    metrics: dict[str, MetricSpec]
    limits: tuple[LimitSpec, ...] = ()
    tracks: dict[str, tuple[LimitSpec, ...]] = Field(default_factory=dict)
    points: tuple[PointTable, ...] = ()
    brackets: BracketSpec | None = None
    ranking: RankingSpec | None = None
    waive_uncounted: tuple[str, ...] = ()
    readings: dict[str, ReadingSpec] = Field(default_factory=dict)
    ambiguities: tuple[AmbiguitySpec, ...] = ()
    undecided: tuple[UndecidedSpec, ...] = ()
    notes: tuple[str, ...] = ()
    _under: dict[str, Rulebook] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _names_exist(self) -> Rulebook:
        for name in _metrics_used(self):
            if name not in self.metrics:
                raise ValueError(f"metric {name!r} is not defined; defined: {', '.join(sorted(self.metrics))}")
        for name, metric in self.metrics.items():
            for figure in metric.figures:
                if figure not in FIGURES:
                    known = ", ".join(sorted(FIGURES))
                    raise ValueError(f"metric {name}: unknown figure {figure!r}; known: {known}")
            if metric.estimate is not None and (self.gpu is None or metric.estimate not in GPU_FIGURES):
                known = ", ".join(sorted(GPU_FIGURES))
                raise ValueError(f"metric {name}: estimate {metric.estimate!r} needs gpu, and is one of: {known}")
            if metric.either_figure is not None and name in _of_others(self):
                raise ValueError(f"metric {name}: either_figure is for limits and points, not for sums and ranks")
        if self.ranking is not None and self.ranking.score not in (None, *SCORES):
            raise ValueError(f"unknown score {self.ranking.score!r}; known: {', '.join(sorted(SCORES))}")
        for about, reading in ((a.about, reading) for a in self.ambiguities for reading in a.readings):
            if reading not in self.readings:
                raise ValueError(f"ambiguity about {about}: {reading!r} is not a reading of this rulebook")
        for spec in self.readings.values():
            Rulebook.model_validate({**changed(self.model_dump(), spec), "readings": {}, "ambiguities": ()})
        return self

    @property
    def every_limit(self) -> tuple[LimitSpec, ...]:
        """The common limits and those of all tracks."""
        return (*self.limits, *(limit for limits in self.tracks.values() for limit in limits))

    def track_of(self, track: str | None) -> str | None:
        """A track as the rulebook spells it (``CIFAR-10`` is ``cifar10``); None gives the first one.

        Raises:
            UnknownNameError: no such track.
        """
        if not self.tracks:
            if track is not None:
                raise UnknownNameError("track", track, ())
            return None
        if track is None:
            return next(iter(self.tracks))
        spelt = "".join(c for c in track.lower() if c.isalnum())
        for name in self.tracks:
            if "".join(c for c in name.lower() if c.isalnum()) == spelt:
                return name
        raise UnknownNameError("track", track, self.tracks)

    def limits_of(self, track: str | None) -> tuple[LimitSpec, ...]:
        """The common limits and those of a track (None: the first one).

        Raises:
            UnknownNameError: no such track.
        """
        name = self.track_of(track)
        return self.limits if name is None else (*self.limits, *self.tracks[name])

    def under(self, reading: str) -> Rulebook:
        """The rulebook under one of its readings.

        Raises:
            UnknownNameError: no such reading.
        """
        if reading == AS_WRITTEN:
            return self
        if reading not in self.readings:
            raise UnknownNameError(f"reading of {self.name}", reading, (AS_WRITTEN, *self.readings))
        # checking a book takes milliseconds, and a class is judged by every reading of one, student by student
        if reading not in self._under:
            self._under[reading] = Rulebook.model_validate(changed(self.model_dump(), self.readings[reading]))
        return self._under[reading]

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some fields changed: its readings are its own."""
        copied = super().model_copy(update=update, deep=deep)
        copied._under = {}
        return copied

    @property
    def needs_analysis(self) -> bool:
        """Whether a rule hangs on a figure that the graph gives."""
        return any(self._named(name) for name in _metrics_used(self))

    @property
    def estimated(self) -> tuple[str, ...]:
        """Metrics that are estimated on a GPU where nobody has measured them."""
        return tuple(name for name, metric in self.metrics.items() if metric.estimate is not None)

    @property
    def needs_inference(self) -> bool:
        """Whether a rule hangs on what one inference does, be it mapped onto a machine or not."""
        mapped = self.hardware is not None and self.hardware.phase == "inference"
        return mapped or any(figure in OF_INFERENCE for name in _metrics_used(self) for figure in self._named(name))

    def _named(self, metric: str) -> tuple[str, ...]:
        """The figures that a metric is judged by; what a claim is compared with decides nothing."""
        spec = self.metrics[metric]
        return tuple(f for f in (spec.figure, spec.either_figure, spec.lower_bound) if f is not None)


def _of_others(book: Rulebook) -> set[str]:
    """Metrics of which others, the rank or the brackets are made."""
    names = {term.metric for term in (book.ranking.terms if book.ranking else ())}
    names |= set() if book.brackets is None else {book.brackets.metric}
    for spec in book.metrics.values():
        names |= {*spec.sum_of, *((spec.normalised.metric, spec.normalised.by) if spec.normalised else ())}
    return names


def _metrics_used(book: Rulebook) -> Iterator[str]:
    yield from (limit.metric for limit in book.every_limit)
    yield from (table.metric for table in book.points)
    yield from (term.metric for term in (book.ranking.terms if book.ranking else ()))
    yield from (() if book.brackets is None else (book.brackets.metric,))
    for spec in book.metrics.values():
        yield from spec.sum_of
        if spec.normalised is not None:
            yield from (spec.normalised.metric, spec.normalised.by)


def rulebook_names() -> list[str]:
    """Names of the rulebooks that come with costmodel."""
    folder = resources.files("costmodel.rules") / "books"
    return sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml"))


def load_rulebook(name: str) -> Rulebook:
    """A rulebook by name, or from the path of a YAML file.

    Raises:
        UnknownNameError: neither.
        RulebookError: the file says something impossible; names file, line and field path.
    """
    if name in rulebook_names():
        with resources.as_file(resources.files("costmodel.rules") / "books" / f"{name}.yaml") as path:
            return read_document(path, Rulebook, RulebookError)
    if name.endswith((".yaml", ".yml")):
        return read_document(Path(name), Rulebook, RulebookError)
    raise UnknownNameError("rulebook", name, rulebook_names())
