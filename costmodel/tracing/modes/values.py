"""Values that the construction of a model asks for: ``float(w.norm())``, ``torch.linspace(0, .1, 4).tolist()``.

While a model is built its tensors have shapes and no memory. Each op is noted, and when a value is asked for, the ops
that it hangs on are run again on real tensors, if these are small. Nothing is computed for a model that asks nothing.
In a training step the same holds for what hangs on buffers and constants alone (``recording/constants.py``).

A note names memory, not tensors: a storage, and where in it an operand lies. Views need no note then, two tensors that
share memory stay one, and nothing is kept alive: a number for each storage, given up when it dies.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import torch
from torch.utils._pytree import tree_flatten, tree_map

from costmodel.errors import SubjectError
from costmodel.tracing import compat
from costmodel.tracing.blame import asked_by, user_line
from costmodel.tracing.modes.draws import Place, can_be_placed
from costmodel.tracing.modes.replaying import Lies, Literal, Note, Replay, UnknownError, leaves

aten = torch.ops.aten

_ITEM = aten._local_scalar_dense.default
_INITIALISERS = str(torch.nn.init.__file__)
_OTHER = 10**6
_MOST_ELEMENTS = 2**24
"""Elements that one value may hang on: 64 MiB in 32 bits, and about a tenth of a second."""


Run: TypeAlias = Callable[[Any, tuple[Any, ...], Mapping[str, Any]], Any]
"""How the fake mode runs an op by itself."""


@dataclass(frozen=True)
class Origin:
    """What a value hangs on: storages by their numbers, and random draws by the numbers of their notes."""

    storages: frozenset[int]
    draws: frozenset[int]


@dataclass
class Values:
    """What was done to build a model, and the values that come out of it.

    Attributes:
        seed: of the random draws.
        drawn: lines that asked for a value which hangs on a random draw.
        place: where draws come out, between 0 and 1 of what they may be; None is anywhere, by the seed.
    """

    seed: int = 0
    drawn: dict[str, None] = field(default_factory=dict)
    place: Place | None = None
    _notes: list[Note] = field(default_factory=list)
    _numbers: dict[int, tuple[int, Any]] = field(default_factory=dict)
    _written: set[int] = field(default_factory=set)
    _given: int = 0
    _inside: bool = False

    @contextmanager
    def other_draws(self) -> Iterator[None]:
        """A stretch in which random draws come out otherwise."""
        self.seed += _OTHER
        try:
            yield
        finally:
            self.seed -= _OTHER

    def watch(self, run: Run, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Run one op of the construction by ``run``. An op that is made of others is one note, not several."""
        if self._inside:
            return run(func, args, kwargs)
        if func is _ITEM:
            return self._item(args[0])
        self._inside = True
        try:
            try:
                result = run(func, args, kwargs)
            except (compat.DataDependentOutputException, compat.DynamicOutputShapeException) as error:
                result = self._asked(func, args, kwargs, error)
        finally:
            self._inside = False
        self.note(func, args, kwargs, result)
        return result

    def _item(self, tensor: torch.Tensor) -> Any:
        known = compat.known_value(tensor)
        if known is not None:
            return known
        if tensor.dtype is torch.bool and asked_by(_INITIALISERS):
            return False  # trunc_normal_ draws again until all lie within its bounds; no cost hangs on an initial value
        return self._asked(_ITEM, (tensor,), {}, compat.DataDependentOutputException(_ITEM))

    def whole(self, tensor: torch.Tensor) -> torch.Tensor | None:
        """A real tensor with all values of a fake one, computed once; None where they are asked for one by one.

        A draw that is compared with something is looked at when that happens (``draws.py``), and not before.
        """
        if self.place is not None or self._inside:
            return None
        refused = compat.DataDependentOutputException(_ITEM)
        real: torch.Tensor = self._asked(aten.clone.default, (tensor,), {}, refused, self._replayed)
        return real

    def _asked(
        self,
        func: Any,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        refused: Exception,
        compute: Callable[..., tuple[Any, Origin]] | None = None,
    ) -> Any:
        try:
            result, origin = (compute or self.computed)(func, args, kwargs)
        except UnknownError as error:
            if not str(error):
                raise refused from None
            raise SubjectError(f"{user_line()}: the model's construction {error}") from None
        if origin.draws:
            self.drawn.setdefault(user_line())
        return result

    @property
    def noted(self) -> int:
        """How many ops were taken down."""
        return len(self._notes)

    def knows(self, tensor: torch.Tensor) -> bool:
        """True if a tensor lies in memory that something noted has written."""
        known = self._numbers.get(tensor.untyped_storage()._cdata)
        return known is not None and known[0] in self._written

    def computed(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, Origin]:
        """The real result of an op, tensors of it fake again; and what it hangs on.

        Raises:
            UnknownError: an operand was not made by what was noted, or by too much.
        """
        fakes = [t for t in tree_flatten((args, kwargs))[0] if isinstance(t, compat.FakeTensor)]
        mode = fakes[0].fake_mode
        result, origin = self._replayed(func, args, kwargs)
        return tree_map(lambda t: _fake(mode, t) if isinstance(t, torch.Tensor) else t, result), origin

    def _replayed(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, Origin]:
        """The real result of an op, its tensors real too; and what it hangs on."""
        wanted: set[int] = set()
        args, kwargs = self._encoded(args, wanted), self._encoded(kwargs, wanted)
        notes = self._slice(wanted)
        result = Replay(notes, self.seed, self.place).run(func, args, kwargs, len(self._notes))
        origin = Origin(
            storages=frozenset(wanted).union(*(note.reads for _, note in notes)),
            draws=frozenset(n for n, note in notes if self._is_open(note)),
        )
        if self.place is not None and self.place.asked and isinstance(result, float):
            result = self.place.noting(result)
        return result, origin

    def _is_open(self, note: Note) -> bool:
        """Whether an op is a draw that may come out otherwise: one that is placed does not."""
        placed = self.place is not None and can_be_placed(note.func)
        return torch.Tag.nondeterministic_seeded in note.func.tags and not placed

    def _slice(self, wanted: set[int]) -> list[tuple[int, Note]]:
        """The notes that these storages hang on, oldest first."""
        found: list[tuple[int, Note]] = []
        elements = 0
        for number in range(len(self._notes) - 1, -1, -1):
            note = self._notes[number]
            if note.writes & wanted:
                wanted = wanted | note.reads
                found.append((number, note))
                elements += note.elements
                if elements > _MOST_ELEMENTS:
                    raise UnknownError(
                        f"asks for the value of a tensor that hangs on over {_MOST_ELEMENTS:,} elements, but the model "
                        "is built without memory; leave the question out"
                    )
        return found[::-1]

    def note(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any) -> frozenset[int]:
        """Take down what an op did; the numbers of the storages that it wrote."""
        reads: set[int] = set()
        encoded, options = self._encoded(args, reads), self._encoded(kwargs, reads)
        results = [t if isinstance(t, compat.FakeTensor) else None for t in leaves(result)]
        made = [t for t in results if t is not None]
        places = tuple(None if t is None else self._place(t) for t in results)
        written = [t for t in _written(func, args, kwargs) if isinstance(t, compat.FakeTensor)]
        if not written and all(place is None or place.storage in reads for place in places):
            return frozenset()  # a view, or no tensor at all
        writes = frozenset(self.number(t) for t in (*made, *written))
        self._written |= writes
        elements = sum(t.numel() for t in made)
        self._notes.append(Note(func, encoded, options, places, writes, frozenset(reads), elements))
        return writes

    def copied(self, tensor: torch.Tensor, twin: torch.Tensor) -> None:
        """A tensor stands for another one, real or fake, and has its values."""
        self.note(aten.clone.default, (tensor,), {}, twin)

    def _encoded(self, value: Any, reads: set[int]) -> Any:
        """An argument with places for its fake tensors, whose storages are added to ``reads``."""
        if isinstance(value, compat.FakeTensor):
            place = self._place(value)
            reads.add(place.storage)
            return place
        if isinstance(value, torch.Tensor):
            with compat.without_modes():
                return Literal(value.detach().clone())  # as it is now, and not kept alive
        if isinstance(value, (list, tuple)):
            return [self._encoded(item, reads) for item in value]
        if isinstance(value, Mapping):
            return {name: self._encoded(item, reads) for name, item in value.items()}
        return value

    def _place(self, tensor: torch.Tensor) -> Lies:
        number = self.number(tensor)
        return Lies(number, tuple(tensor.shape), tuple(tensor.stride()), int(tensor.storage_offset()), tensor.dtype)

    def number(self, tensor: torch.Tensor) -> int:
        """The number of a tensor's storage, which no other one ever gets."""
        storage = tensor.untyped_storage()
        address = storage._cdata
        known = self._numbers.get(address)
        if known is None:
            self._given += 1
            gone = weakref.ref(storage, lambda _: self._numbers.pop(address, None))
            known = self._numbers[address] = (self._given, gone)
        return known[0]


def _fake(mode: compat.FakeTensorMode, tensor: torch.Tensor) -> torch.Tensor:
    return compat.fresh_tensor(mode, (tuple(tensor.shape), tuple(tensor.stride()), 0, tensor.dtype))


def _written(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Iterator[Any]:
    """Arguments that the op changes, by its schema."""
    for position, argument in enumerate(func._schema.arguments):
        if argument.alias_info is not None and argument.alias_info.is_write:
            value = args[position] if position < len(args) else kwargs.get(argument.name)
            yield from leaves(value)
