"""What a submission's own code presents as the model, the strongest sign first; decided by reading."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.errors import CostModelError, SubjectError
from costmodel.tracing.candidates import Candidate, Given, of_error, of_presented, of_symbol
from costmodel.tracing.reading.presented import Presented
from costmodel.tracing.reading.source import Source, Symbol
from costmodel.tracing.recipe import make_recipe

_MAIN = frozenset({"main", "train", "run", "fit", "training", "train_model", "run_training"})


def ranked(given: Given, sources: Sequence[Source]) -> list[Candidate]:
    """The candidates of the strongest sign that there is, parts of other ones left out.

    Args:
        given: the submission.
        sources: the files that may hold the model.
    """
    inputs = _inputs(given)
    presented = [p for p in given.reader.presented() if p.scope.source in sources and _may_be(p, given, inputs)]
    running = [p for p in presented if p.scope.runs]
    trained = _outermost([p for p in running if p.trained], given)
    if trained:
        return [of_presented(p, given, f"{p.place} builds it and trains it") for p in trained]
    found = _built(running, given, sources, inputs)
    if found:
        return found
    factories = _factories(given, sources)
    if factories:
        return factories
    others = [p for p in presented if not p.scope.runs and (p.trained or p.scope.owner.rpartition(".")[2] in _MAIN)]
    if others:
        return [of_presented(p, given, f"{p.place} builds it") for p in _outermost(others, given)]
    return _classes(given, sources, inputs)


def _inputs(given: Given) -> int | None:
    """How many inputs the model gets; None if the files bring their own batch or step."""
    words = ("example_batch", "training_step")
    if any(word in source.definitions for source in given.reader.classes.project.sources for word in words):
        return None
    return len(make_recipe(given.settings, "arguments").input)


def _may_be(one: Presented, given: Given, inputs: int | None) -> bool:
    """False for a loss, an activation or a transform: what cannot take the input, or has no parameters."""
    classes = given.reader.classes
    if not isinstance(one.maker, Symbol) or not classes.is_model(one.maker):
        return True
    return (inputs is None or classes.takes(one.maker, inputs)) and classes.may_hold_parameters(one.maker)


def _outermost(found: list[Presented], given: Given) -> list[Presented]:
    """Without those that another one of them is made of."""
    return [p for p in found if not any(q is not p and _contains(q, p, given) for q in found)]


def _contains(whole: Presented, part: Presented, given: Given) -> bool:
    if part.name and whole.scope is part.scope and part.name in whole.wraps:
        return True
    symbols = (whole.maker, part.maker)
    if not all(isinstance(s, Symbol) and given.reader.classes.is_model(s) for s in symbols):
        return False
    outer, inner = symbols
    assert isinstance(outer, Symbol)
    assert isinstance(inner, Symbol)
    classes = given.reader.classes
    return inner in classes.parts(outer) and outer not in classes.parts(inner)


def _built(
    running: list[Presented], given: Given, sources: Sequence[Source], inputs: int | None
) -> list[Candidate] | None:
    """What the code builds when it is run: what it calls a model, else the rest if no other class can be meant."""
    named = [p for p in running if p.is_named_so]
    wrapping = [p for p in running if not p.is_named_so and any(_wraps(p, q) for q in named)]
    others = [p for p in running if not p.is_named_so and not _is_part(p.maker, given)]
    if named:
        inner = _outermost(named, given)
        bigger = {whole for p in inner for whole in _wholes(p, given)}
        built = [p for p in running if p not in inner and p not in wrapping and p.maker in bigger]
        bigger -= {p.maker for p in (*inner, *built) if isinstance(p.maker, Symbol)}
        return [
            *(of_presented(p, given, f"{p.place} builds it") for p in (*inner, *wrapping, *built)),
            *(of_symbol(whole, given, "") for whole in given.reader.classes.models if whole in bigger),
        ]
    outer = _outermost(others, given)
    if not outer:
        return None
    reached = {symbol for p in outer for symbol in _reached(p, given)}
    left = [s for s in roots(given, sources, inputs) if s not in reached]
    return [
        *(of_presented(p, given, f"{p.place} builds it") for p in outer),
        *(of_symbol(symbol, given, "") for symbol in left),
    ]


def _wraps(whole: Presented, part: Presented) -> bool:
    return whole.scope is part.scope and part.name in whole.wraps


def _is_part(maker: object, given: Given) -> bool:
    classes = given.reader.classes
    return isinstance(maker, Symbol) and classes.is_model(maker) and classes.is_part(maker)


def _wholes(one: Presented, given: Given) -> list[Symbol]:
    """The outermost classes that contain this one's: if it is not they that are built, which is meant is open."""
    if not _is_part(one.maker, given):
        return []
    assert isinstance(one.maker, Symbol)
    return [w for w in given.reader.classes.wholes(one.maker) if not given.reader.classes.is_part(w)]


def _reached(one: Presented, given: Given) -> set[Symbol]:
    """The class of a presented model and its parts; of a function all classes that it names."""
    if not isinstance(one.maker, Symbol):
        return set()
    return {one.maker, *given.reader.classes.parts(one.maker)}


def _factories(given: Given, sources: Sequence[Source]) -> list[Candidate]:
    """Functions whose name says that they make the model, those aside that another one calls."""
    reader = given.reader
    found = [symbol for symbol in reader.factories() if symbol.source in sources]
    outer = [f for f in found if not any(f in reader.classes.mentions(g) for g in found if g != f)]
    result = []
    for symbol in outer:
        because = f"{symbol.where} {symbol.name}() makes it"
        inside = None if reader.callable_with(symbol, given.options) else reader.returned(symbol)
        result.append(of_symbol(symbol, given, because) if inside is None else of_presented(inside, given, because))
    return result


def _classes(given: Given, sources: Sequence[Source], inputs: int | None) -> list[Candidate]:
    """The classes that no other class contains, and files that cannot be read and may hold such a class."""
    found = roots(given, sources, inputs)
    several = len(given.reader.classes.models) > 1
    because = "no other class contains it" if several and len(found) == 1 else ""
    result = [of_symbol(symbol, given, because) for symbol in found]
    return result + [of_error(source.place, _why(source, given)) for source in sources if source.broken]


def roots(given: Given, sources: Sequence[Source], inputs: int | None) -> list[Symbol]:
    """The network classes that no other one contains; those that can take the input and hold parameters, if any can."""
    classes = given.reader.classes
    here = [symbol for symbol in classes.models if symbol.source in sources]
    found = [symbol for symbol in here if not classes.is_part(symbol)] or here
    fit = [symbol for symbol in found if inputs is None or classes.takes(symbol, inputs)]
    holding = [symbol for symbol in fit if classes.may_hold_parameters(symbol)]
    return holding or fit or found


def _why(source: Source, given: Given) -> CostModelError:
    try:
        given.session().load(source.path)
    except CostModelError as error:
        return error
    return SubjectError(f"{source.place}: it cannot be read")
