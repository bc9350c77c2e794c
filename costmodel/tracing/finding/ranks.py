"""What a submission's own code presents as the model, the strongest sign first; decided by reading."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from costmodel.errors import CostModelError, SubjectError
from costmodel.tracing.finding.candidates import Candidate, Given, of_error, of_presented, of_symbol
from costmodel.tracing.reading.presented import Presented
from costmodel.tracing.reading.source import Source, Symbol

_NO_OTHER = "no other class contains it"
_TRAINS = "builds it and trains it"
_ALONE = ", and nothing else that the variable holds"
_MAIN = frozenset({"main", "train", "run", "fit", "training", "train_model", "run_training"})


def ranked(given: Given, sources: Sequence[Source]) -> list[Candidate]:
    """The candidates of the strongest sign that there is, parts of other ones left out.

    Args:
        given: the submission.
        sources: the files that may hold the model.
    """
    presented = [p for p in given.reader.presented() if _is_of(p, sources) and _may_be(p, given)]
    running = [p for p in presented if p.scope.runs]
    trained = _outermost([p for p in running if p.trained], given)
    if trained:
        return [of_presented(p, given, _TRAINS + (_ALONE if p.scope.ended else "")) for p in trained]
    found = _named(running, given) or _unnamed(running, given, sources) or _factories(given, sources)
    if found:
        return found
    others = [p for p in presented if not p.scope.runs and (p.trained or p.scope.owner.rpartition(".")[2] in _MAIN)]
    if others:
        return [of_presented(p, given, "builds it") for p in _outermost(others, given)]
    return _classes(given, sources)


def _is_of(one: Presented, sources: Sequence[Source]) -> bool:
    """True if the files build it, or define what is built elsewhere."""
    return one.scope.source in sources or (isinstance(one.maker, Symbol) and one.maker.source in sources)


def _may_be(one: Presented, given: Given) -> bool:
    """False for a loss, an activation or a transform: what has no parameters is no model."""
    kinds = given.reader.kinds_of(one)
    classes = given.reader.classes
    return not kinds or any(classes.may_hold_parameters(kind) and not classes.is_loss(kind) for kind in kinds)


def _outermost(found: list[Presented], given: Given) -> list[Presented]:
    """Without those that another one of them is made of."""
    return [p for p in found if not any(q is not p and _contains(q, p, given) for q in found)]


def _contains(whole: Presented, part: Presented, given: Given) -> bool:
    if _wraps(whole, part):
        return True
    parts = given.reader.classes.parts
    pairs = ((o, i) for o in given.reader.kinds_of(whole) for i in given.reader.kinds_of(part))
    return any(inner in parts(outer) and outer not in parts(inner) for outer, inner in pairs)


def _wraps(whole: Presented, part: Presented) -> bool:
    return bool(part.name) and whole.scope is part.scope and part.name in whole.wraps


def _named(running: list[Presented], given: Given) -> list[Candidate]:
    """What the code builds and calls a model, with what it wraps it in.

    A part that a file tries out beside its definition (``model = Block()`` under ``main``) is no model: the class that
    contains it is, where that is defined elsewhere. If the file knows the larger one, which of them is meant is open.
    """
    named = _outermost([p for p in running if p.is_named_so], given)
    wrapping = [p for p in running if not p.is_named_so and any(_wraps(p, q) for q in named)]
    tried = [p for p in named if _wholes(p, given) and not any(_knows(p, w, given) for w in _wholes(p, given))]
    bigger = {whole for p in named for whole in _wholes(p, given)}
    built = [p for p in running if p not in named and p not in wrapping and given.reader.kinds_of(p) & bigger]
    bigger -= frozenset().union(*(given.reader.kinds_of(p) for p in (*named, *built)))
    shown = [p for p in (*named, *wrapping, *built) if p not in tried]
    return [
        *(replace(of_presented(p, given, "builds it"), stands=True) for p in shown),
        *(of_symbol(whole, given, _NO_OTHER) for whole in given.reader.classes.models if whole in bigger),
    ]


def _knows(one: Presented, whole: Symbol, given: Given) -> bool:
    """True if the file that builds a model defines or imports the other class."""
    source = one.scope.source
    return whole.source is source or any(
        given.reader.classes.project.resolve(source, ast.Name(name, ast.Load())) in (whole, whole.source)
        for name in source.imports
    )


def _unnamed(running: list[Presented], given: Given, sources: Sequence[Source]) -> list[Candidate]:
    """What the code builds under another name, and the classes that it leaves out: these may be meant as well."""
    outer = _outermost([p for p in running if not p.is_named_so and not _wholes(p, given)], given)
    if not outer:
        return []
    makers = [p.maker for p in outer if isinstance(p.maker, Symbol) and given.reader.returns_container(p.maker)]
    kinds: frozenset[Symbol] = frozenset().union(
        *(given.reader.kinds_of(p) for p in outer), *(_reached(maker, given) for maker in makers)
    )
    reached = kinds.union(*(given.reader.classes.parts(kind) for kind in kinds))
    return [
        *(of_presented(p, given, "builds it") for p in outer),
        *(of_symbol(symbol, given, "") for symbol in roots(given, sources) if symbol not in reached),
    ]


def _wholes(one: Presented, given: Given) -> list[Symbol]:
    """The outermost classes that contain this one's."""
    classes = given.reader.classes
    return [w for kind in given.reader.kinds_of(one) for w in classes.wholes(kind) if not classes.is_part(w)]


def _factories(given: Given, sources: Sequence[Source]) -> list[Candidate]:
    """Functions whose name says that they make the model, those aside that another one calls."""
    reader = given.reader
    found = [symbol for symbol in reader.factories() if symbol.source in sources]
    outer = [f for f in found if not any(f in reader.classes.mentions(g) for g in found if g != f)]
    return [_of_function(symbol, given) for symbol in outer]


def _of_function(symbol: Symbol, given: Given) -> Candidate:
    """A function; where it needs arguments, the model that its body builds without them."""
    because = f"{symbol.where} {symbol.name}() makes it"
    inside = None if given.reader.callable_with(symbol, given.options) else given.reader.returned(symbol)
    return of_symbol(symbol, given, because) if inside is None else of_presented(inside, given, "makes it")


def _classes(given: Given, sources: Sequence[Source]) -> list[Candidate]:
    """The classes that no other class contains, the functions that make them, and files that cannot be read.

    A class that needs arguments is what the functions make of it, if there are any.
    """
    reader = given.reader
    found = roots(given, sources)
    assembling = _assembling(found, given, sources)
    if assembling:
        parts = frozenset().union(*(_reached(function, given) for function in assembling))
        found = [symbol for symbol in found if symbol not in parts]
    makers = [m for m in reader.makers() if reader.class_of(m) in found and reader.callable_with(m, given.options)]
    made = {reader.class_of(maker) for maker in makers}
    several = len(reader.classes.models) > 1
    because = _NO_OTHER if several and len(found) == 1 else ""
    return [
        *(of_symbol(s, given, because) for s in found if s not in made or reader.constructible(s, given.options)),
        *(_of_function(maker, given) for maker in (*makers, *assembling)),
        *(of_error(source.place, _why(source, given)) for source in sources if source.broken),
    ]


def _assembling(found: Sequence[Symbol], given: Given, sources: Sequence[Source]) -> list[Symbol]:
    """Functions that return a container of these classes, and that nothing else calls: the classes are its layers.

    ``def resnet9(): return nn.Sequential(Block(3, 64), …, nn.Linear(512, 10))``.
    """
    reader = given.reader
    functions = [m for m in reader.makers() if m.source in sources and reader.returns_container(m)]
    called = frozenset().union(*(reader.classes.mentions(of) for of in (*functions, *reader.classes.models)))
    return [f for f in functions if f not in called and not _reached(f, given).isdisjoint(found)]


def _reached(function: Symbol, given: Given) -> frozenset[Symbol]:
    """Classes and functions of the files that a function names, also by way of other functions."""
    reached: set[Symbol] = set()
    todo = [function]
    while todo:
        named = {one for one in given.reader.classes.mentions(todo.pop()) if isinstance(one, Symbol)} - reached
        reached |= named
        todo += [one for one in named if not given.reader.classes.is_model(one)]
    return frozenset(reached)


def roots(given: Given, sources: Sequence[Source]) -> list[Symbol]:
    """The network classes that no other one contains; without losses and what holds no parameters, if any is left."""
    classes = given.reader.classes
    here = [symbol for symbol in classes.models if symbol.source in sources]
    found = [s for s in here if not classes.is_part(s) and not classes.is_abstract(s) and not classes.is_loss(s)]
    holding = [symbol for symbol in found if classes.may_hold_parameters(symbol)]
    return holding or found or here


def _why(source: Source, given: Given) -> CostModelError:
    try:
        given.session().load(source.path)
    except CostModelError as error:
        return error
    return SubjectError(f"{source.place}: it cannot be read")
