"""A backend: (workload, machine) → cost report. The module's or folder's name in backends/ is the backend's.

A backend is a module that keeps :class:`Backend`; it may also keep :class:`Solver`, :class:`Verifier` or
:class:`Exporter`. No other room names one: they ask :func:`costmodel.backends.load`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from costmodel.errors import UsageError
from costmodel.mapping.objective import LATENCY

if TYPE_CHECKING:  # --help reads the backends' options, and waits for nothing slow
    from costmodel.hardware.spec import HardwareSpec
    from costmodel.ir.cost import CostReport, LayerCheck, LayerCost
    from costmodel.ir.workload import Layer, Workload

Progress = Callable[[int, int], None]
"""Called with (pieces done, pieces in all)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How mappings are chosen.

    Attributes:
        search: one of the backend's ``SEARCHES``.
        objective: latency (cycles, then energy), energy (then cycles) or edp (energy × cycles).
        effort: exact, or fast: fewer tries where nothing can be proven in seconds.
    """

    search: str = "optimum"
    objective: str = LATENCY.name
    effort: str = "exact"

    @property
    def title(self) -> str:
        """The search and, unless it is the usual one, its objective."""
        return self.search if self.objective == LATENCY.name else f"{self.search} of {self.objective}"


@dataclass(frozen=True, kw_only=True)
class Run:
    """How the work is carried out; nothing in it changes a figure.

    Attributes:
        cache: take solved layers from the user's cache folder and put new ones there.
        jobs: worker processes; 0 is one per core. They are spawned: a script that asks for more than one keeps its
            own code under ``if __name__ == "__main__"``.
        executor: solves layers in parallel (any ``concurrent.futures`` executor), instead of ``jobs``.
        progress: told how far the work is.
        options: the backend's own words, by the names of its ``OPTIONS``.
    """

    cache: bool = False
    jobs: int = 1
    executor: Executor | None = None
    progress: Progress | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BackendOption:
    """A word that one backend alone understands; on the command line ``--name-with-hyphens``.

    Attributes:
        name: as in ``Run.options``.
        help: one line for ``--help``.
        default: None where the backend finds the value itself.
        kind: type of the value.
    """

    name: str
    help: str
    default: str | float | None = None
    kind: type[str] | type[float] = str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """One thing that a backend needs on this machine, tried.

    Attributes:
        name: of the thing, as ``doctor`` lists it.
        seen: version, place, or what went wrong.
        advice: what to do if it does not work.
    """

    name: str
    works: bool
    seen: str
    advice: str


@runtime_checkable
class Backend(Protocol):
    """The members that every backend has; a module's are its functions and constants."""

    TITLE: str
    """One line for ``--help``."""
    OPTIONS: Sequence[BackendOption]
    SEARCHES: Mapping[str, str]
    """Its ways of choosing mappings, each with one line of help; empty if its tool searches in its own way."""

    def estimate(self, workload: Workload, machine: HardwareSpec, search: Search, run: Run) -> CostReport:
        """Energy and cycles of every layer problem; a layer that has no mapping says why.

        Raises:
            UnknownNameError, UsageError: a word of ``search`` or ``run`` that the backend does not know.
        """

    def examine(self, run: Run) -> Iterator[Examination]:
        """Try what the backend needs on this machine."""


@runtime_checkable
class Solver(Protocol):
    """A backend that also solves or evaluates single layer problems, in this process."""

    def version(self) -> str:
        """Tells two builds apart: figures of another one are never taken for this one's."""

    def checked(self, search: Search) -> Search:
        """The search itself, if its words are known.

        Raises:
            UnknownNameError, UsageError: one of them is not, or they do not go together.
        """

    def solve(self, layer: Layer, machine: HardwareSpec, search: Search) -> LayerCost:
        """The best mapping of one layer problem."""

    def solved_before(self, layers: Sequence[Layer], machine: HardwareSpec, search: Search) -> tuple[LayerCost, ...]:
        """Those of the layer problems that the user's cache folder has the best mapping of."""

    def solve_front(self, layer: Layer, machine: HardwareSpec, effort: str) -> tuple[LayerCost, ...]:
        """The Pareto front (cycles against energy) of one layer problem, by ascending cycles."""

    def evaluate(self, layer: Layer, machine: HardwareSpec, mapping: Sequence[Mapping[str, Any]]) -> LayerCost:
        """A given mapping (JSON form, outermost level first) of one layer problem."""


@runtime_checkable
class Verifier(Protocol):
    """A backend that also evaluates the mappings that another one has found."""

    OPTIONS: Sequence[BackendOption]

    def verify(self, report: CostReport, machine: HardwareSpec, run: Run) -> tuple[LayerCheck, ...]:
        """Its own figures for the mapping of every layer of a report."""


@dataclass(frozen=True)
class Exported:
    """One layer's folder; ``because`` says why it has no mapping where one was wanted."""

    folder: str
    layer: Layer
    because: str


@runtime_checkable
class Exporter(Protocol):
    """A backend whose tool's own files can be written."""

    INDEX: str
    """Name of the file that lists the folders."""

    def export(
        self, workload: Workload, costs: Sequence[LayerCost | None], machine: HardwareSpec, directory: Path, run: Run
    ) -> list[Exported]:
        """Write one folder per layer problem, with the mapping of its cost, and an index of them."""

    def mapping_text(self, cost: LayerCost, machine: HardwareSpec) -> str:
        """The mapping of a solved layer in the tool's syntax."""


def refuse_options(given: Mapping[str, Any], known: Sequence[BackendOption]) -> None:
    """Options that a backend does not know are mistakes.

    Raises:
        UsageError: one of them was given.
    """
    names = [option.name for option in known]
    for name in given:
        if name not in names:
            raise UsageError(f"option {name}: this backend has {', '.join(names) or 'no options of its own'}")
