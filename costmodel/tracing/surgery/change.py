"""A change of a built network, and what the kinds of changes see of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from torch import nn

from costmodel.files.varieties import modules_in
from costmodel.tracing.recipe.recipe import Recipe
from costmodel.tracing.surgery import kinds

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Change:
    """One change; it can be made again in a model that is built anew.

    Attributes:
        kind: of change, one word or two.
        where: the layers that are changed, by their paths.
        what: the change as a person reads it, ``48 → 64 channels``.
        make: makes it, in place; the layers around it are not fitted yet.
        counts: before and after, where it is another number of channels.
        retrain: changes the training instead, and leaves the network as it is.
        edit: the recipe's own words that say so.
    """

    kind: str
    where: tuple[str, ...]
    what: str
    make: Callable[[nn.Module], None] | None = None
    counts: tuple[int, int] | None = None
    retrain: Callable[[Recipe], Recipe] | None = None
    edit: str = ""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A network as its forward pass has shown it.

    Attributes:
        model: the built network.
        shapes: what each layer takes and gives, without the batch; of those that are called once.
        groups: layers whose outputs are added, and which therefore have the same number of channels.
        lanes: widest row of the machine's array; 1 where there is none.
        recipe: of the training, where what it costs is counted.
        own_words: what of the training the file does itself, by the names that it has for it.
    """

    model: nn.Module
    shapes: Mapping[str, tuple[Shape, Shape]]
    groups: tuple[tuple[str, ...], ...]
    lanes: int = 1
    recipe: Recipe | None = None
    own_words: frozenset[str] = frozenset()

    def layers(self, *types: type[nn.Module]) -> Iterator[tuple[str, nn.Module]]:
        """The layers of exactly these types that are called once, in the order of their definition."""
        for path, module in self.model.named_modules():
            if type(module) in types and path in self.shapes:
                yield path, module


class ChangeKind(Protocol):
    """Everything that a module of kinds/ defines."""

    def changes(self, seen: Seen) -> Iterator[Change]:
        """The changes of this kind that might be made; whether the network runs with them is seen by trying."""


def change_kinds() -> tuple[ChangeKind, ...]:
    """Every kind, by name."""
    return tuple(cast(ChangeKind, module) for module in modules_in(kinds))


def replaced(model: nn.Module, path: str, module: nn.Module) -> None:
    """Put another module in a place."""
    parent, _, name = path.rpartition(".")
    setattr(model.get_submodule(parent), name, module)
