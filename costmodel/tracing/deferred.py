"""Parts of torch that a step on fake tensors names and never needs: they are imported when somebody asks for more.

torch's fake mode and its optimizers import ``torch._dynamo`` (with torch.distributed, torch.onnx and sympy: most of a
second) to read two settings and to be told that nothing is compiled here; shapes ask ``symbolic_shapes`` whether a
plain number is a symbol. A stand-in answers these. Any other name that is asked of it, an argument that is not plain,
a setting that is set, an import of a submodule: and the real module is imported, and asked in its place.
"""

from __future__ import annotations

import gc
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

import torch

DYNAMO, SYMBOLS = "torch._dynamo", "torch.fx.experimental.symbolic_shapes"
FUNCTIONS = "torch.utils._sympy.functions"
DISTRIBUTED = "torch.distributed.tensor"


_OF_PEOPLE = ("__all__", "__author__", "__version__", "__version_info__")
"""Names of two underscores that a program asks a module for; ``from sympy import *`` asks for the first."""


class _StandIn(ModuleType):
    """A module that knows few names, and imports the real one when it is asked for another."""

    def __init__(self, spec: ModuleSpec, known: Mapping[str, Any]) -> None:
        super().__init__(spec.name)
        vars(self).update(known, __spec__=spec, __loader__=spec.loader, __file__=spec.origin, __package__=spec.parent)
        if spec.submodule_search_locations is not None:
            vars(self)["__path__"] = spec.submodule_search_locations

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in _OF_PEOPLE:  # what Python itself looks for
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if (self.__name__, name) in _FOR_TORCH and sys._getframe(1).f_globals.get("__name__", "").startswith("torch."):
            return _FOR_TORCH[self.__name__, name]
        return getattr(arrived(self.__name__), name)

    def __dir__(self) -> list[str]:
        return dir(arrived(self.__name__))

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType) or name.startswith("__"):  # an import notes a submodule in its parent
            super().__setattr__(name, value)
        else:
            setattr(arrived(self.__name__), name, value)


def arrived(name: str) -> ModuleType:
    """The real module, imported now if a stand-in was in its place until now."""
    if not isinstance(sys.modules.get(name), _StandIn):
        return import_module(name)
    for other, module in tuple(sys.modules.items()):
        if isinstance(module, _StandIn) and f"{other}.".startswith(f"{name}."):
            del sys.modules[other]
            for known in _KNOWN[other]:
                vars(module).pop(known, None)  # who holds it is asked to look again
    if name == DYNAMO:
        for function in _PASSED_ON:
            vars(function).pop("__dynamo_disable", None)  # where torch._compile keeps what it was given
        _PASSED_ON.clear()
    before = dict(os.environ)
    with _without_its_garbage():
        real = import_module(name)
    SET_BY_TORCH.update({word: value for word, value in os.environ.items() if before.get(word) != value})
    for tell in tuple(_WAITING[name]):
        tell()
    return real


SET_BY_TORCH: dict[str, str] = {}
"""Words of the environment, with their values, that a part of torch has set when it arrived: no step keeps them."""


@contextmanager
def _without_its_garbage() -> Iterator[None]:
    """What an import leaves in circles is collected, and nothing else.

    Frames are in it, and with them whatever the code that asked has in its hands: it would outlive its use.
    """
    gc.freeze()
    try:
        yield
        gc.collect()
    finally:
        gc.unfreeze()


_WAITING: defaultdict[str, list[Callable[[], object]]] = defaultdict(list)
"""Who is told when a module has arrived."""


@contextmanager
def when_here(name: str, tell: Callable[[], object]) -> Iterator[None]:
    """A stretch of which ``tell`` is called at the start, or when the real module arrives in it."""
    if name in sys.modules and not isinstance(sys.modules[name], _StandIn):
        tell()
        yield
        return
    _WAITING[name].append(tell)
    try:
        yield
    finally:
        _WAITING[name].remove(tell)


class _Submodules(MetaPathFinder):
    """A finder that lets a package arrive before a part of it is imported, which would import it in a circle."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:  # noqa: ARG002  # Python's own parameters
        parent = name.rpartition(".")[0]
        if not isinstance(sys.modules.get(parent), _StandIn):
            return None
        arrived(parent)
        there = sys.modules.get(name)
        return None if there is None else ModuleSpec(name, _Already(there))


class _Already(Loader):
    """A loader of a module that was imported meanwhile."""

    def __init__(self, module: ModuleType) -> None:
        self._module, self._spec = module, module.__spec__

    def create_module(self, _: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


def _disable(fn: Any = None, *more: Any, **words: Any) -> Any:
    """Nothing is compiled, so nothing is to be kept from it: torch's own functions run as they are."""
    caller = sys._getframe(1).f_globals.get("__name__")
    if caller not in ("torch._compile", "torch.utils.checkpoint"):
        return arrived(DYNAMO).disable(fn, *more, **words)
    if caller == "torch._compile":  # a checkpoint's is used once
        _PASSED_ON.append(fn)
    return fn


_PASSED_ON: list[Any] = []
"""Functions that torch._compile was given back: with the compiler here, it has to ask again."""


def _graph_break(*_: Any, **__: Any) -> None:
    """Outside a compiled function there is nothing to break."""


class _Source:
    """Where a tensor came from, which is asked for a symbol's name."""

    def __init__(self, source_name: str) -> None:
        self.source_name = source_name


class _Later(type):
    """The class of a class that stands for one of a module that may be imported later, and then is it."""

    def __instancecheck__(cls, value: Any) -> bool:
        real = cls._real()
        return real is not cls and isinstance(value, real)

    def __getattr__(cls, name: str) -> Any:
        real = cls._real()
        if real is cls:
            raise AttributeError(f"{cls.__module__}.{cls.__name__} is not imported yet and has no {name}")
        return getattr(real, name)

    def __call__(cls, *given: Any, **words: Any) -> Any:
        return getattr(arrived(cls.__module__), cls.__name__)(*given, **words)

    def _real(cls) -> Any:
        there = sys.modules.get(cls.__module__)
        return cls if there is None else vars(there).get(cls.__name__, cls)  # not there while that is being imported


def _later(module: str, name: str) -> Any:
    return _Later(name, (), {"__module__": module})


@contextmanager
def without_distributed() -> Iterator[None]:
    """A stretch in which the dispatcher, if it looks DTensor up, finds what stands for it: half a second less."""
    if DISTRIBUTED in sys.modules:
        yield
        return
    stand_in = ModuleType(DISTRIBUTED)
    vars(stand_in)["DTensor"] = _later(DISTRIBUTED, "DTensor")
    sys.modules[DISTRIBUTED] = stand_in
    try:
        yield
    finally:
        if sys.modules.get(DISTRIBUTED) is stand_in:
            del sys.modules[DISTRIBUTED]


def _plainly(name: str, answer: Callable[..., Any], is_plain: Callable[[Any], bool]) -> Callable[..., Any]:
    """A function of ``symbolic_shapes``: answered here where every argument is plain, else by the real one."""

    def asked(*given: Any, **words: Any) -> Any:
        if not words and given and all(map(is_plain, given)):
            return answer(*given)
        return getattr(arrived(SYMBOLS), name)(*given, **words)

    return asked


def _is_bool(value: Any) -> bool:
    return type(value) is bool


def _has_no_symbol(value: Any) -> bool:
    """A plain number, a tensor whose sizes are, or several of them."""
    if isinstance(value, torch.Tensor):
        return not value._has_symbolic_sizes_strides
    if type(value) in (tuple, list, torch.Size):
        return all(map(_has_no_symbol, value))
    return type(value) in (bool, int, float)


def _is_size(value: Any) -> bool:
    return type(value) is int


def _is_sizes(value: Any) -> bool:
    return all(map(_is_sizes, value)) if isinstance(value, (tuple, list)) else _is_size(value)


def _is_equal(x: Any, y: Any) -> bool:
    assert isinstance(x, int) == isinstance(y, int), "sizes are compared with sizes"
    return bool(x == y) if isinstance(x, int) else len(x) == len(y) and all(map(_is_equal, x, y))


def _never(_: Any) -> bool:
    return False


_CONDITIONS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("expect_true", "guard_or_false", "guard_or_true", "guard_size_oblivious"), bool),
    "statically_known_true": bool,
    "sym_and": lambda *conditions: all(conditions),
    "sym_or": lambda *conditions: any(conditions),
}
_OF_ANYTHING: dict[str, Callable[..., Any]] = {
    "free_unbacked_symbols": lambda _: set(),
    "has_free_symbols": lambda _: False,
    "has_free_unbacked_symbols": lambda _: False,
    "has_guarding_hint": lambda _: True,
    "is_nested_int": lambda _: False,
    "is_symbolic": lambda _: False,
}
_SIZES: dict[str, Callable[..., Any]] = {name: lambda size: size for name in ("guard_int", "guarding_hint_or_throw")}
_FOR_TORCH = {place: _later(*place) for place in (("sympy", "Basic"), (FUNCTIONS, "Max"))}
"""Classes that torch asks whether a value is of them, and that nobody else is given: they cannot be inherited from."""

_KNOWN: dict[str, dict[str, Any]] = {
    "sympy": {},
    FUNCTIONS: {},
    SYMBOLS: {
        **{name: _plainly(name, answer, _is_bool) for name, answer in _CONDITIONS.items()},
        **{name: _plainly(name, answer, _has_no_symbol) for name, answer in _OF_ANYTHING.items()},
        **{name: _plainly(name, answer, _is_size) for name, answer in _SIZES.items()},
        "sym_eq": _plainly("sym_eq", _is_equal, _is_sizes),
        "compute_unbacked_bindings": _plainly("compute_unbacked_bindings", bool, _never),
    },
    DYNAMO: {"disable": _disable, "graph_break": _graph_break},
    f"{DYNAMO}.source": {"ConstantSource": _Source, "RandomValueSource": type("RandomValueSource", (), {})},
    f"{DYNAMO}.config": {  # as torch/_dynamo/config.py has them
        "fake_tensor_cache_enabled": os.environ.get("TORCH_FAKE_TENSOR_DISPATCH_CACHE", "1") == "1",
        "fake_tensor_cache_crosscheck_enabled": os.environ.get("TORCH_FAKE_TENSOR_DISPATCH_CACHE_CROSSCHECK") == "1",
        "_custom_ops_profile": None,
        "error_on_nested_fx_trace": True,
    },
}


def defer() -> None:
    """Put stand-ins in the place of what is not imported yet."""
    if DYNAMO in sys.modules:
        return
    import_module("torch.fx.experimental._config")  # which torch expects symbolic_shapes to have imported
    for name, known in _KNOWN.items():
        parent, _, own = name.rpartition(".")
        place = import_module(parent) if parent else None
        spec = None if name in sys.modules else PathFinder.find_spec(name, list(place.__path__) if place else None)
        if spec is not None:
            sys.modules[name] = _StandIn(spec, known)
            if place is not None:
                setattr(place, own, sys.modules[name])
    sys.meta_path.insert(0, _Submodules())
