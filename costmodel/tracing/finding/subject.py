"""Find the model: ``FILE.py:NAME``, ``package.module:NAME``, or an object that is already here."""

from __future__ import annotations

import contextlib
import copy
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from costmodel.errors import SubjectError
from costmodel.tracing import compat
from costmodel.tracing.class_names import class_name
from costmodel.tracing.finding.arguments import arguments_text, plain_value, sized
from costmodel.tracing.finding.importing import Session
from costmodel.tracing.finding.salvage import Missing
from costmodel.tracing.hints import SCRIPTED, explained
from costmodel.tracing.modes import fake, real
from costmodel.tracing.modes.lazy_layers import has_no_size, is_lazy, new_without_size, rebound
from costmodel.tracing.modes.one_process import unwrapped
from costmodel.tracing.modes.weights import Unread
from costmodel.tracing.reading.text import PYTHON
from costmodel.tracing.structures import tensors_in


@dataclass(frozen=True)
class LoadedSubject:
    """A model to be built as often as needed, with what its file says about the training step.

    Attributes:
        name: as the user wrote it.
        source: the file's namespace (empty for a Python object).
        make: builds the model, inside a fake mode.
        arguments: those of its constructor, as text, or those of the function that makes it: ``by build(width=64)``.
        place: where the code builds it (``net.py:12``), "" where it does not.
        because: the reason why it is this object, "" if it was named.
        sizes: arguments of its constructor, given or by default, that are a whole number or a sequence with some.
        resized: the subject with another of them; None where it is built already.
    """

    name: str
    make: Callable[[], nn.Module]
    source: Mapping[str, Any] = field(default_factory=dict)
    arguments: str = ""
    place: str = ""
    because: str = ""
    sizes: Mapping[str, Any] = field(default_factory=dict)
    resized: Callable[[str, Any], LoadedSubject] | None = None
    _built: list[type[nn.Module]] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        build = self.make

        def make() -> nn.Module:
            model = inside = build()
            while isinstance(inside, nn.DataParallel):
                inside = inside.module
            self._built[:] = [type(inside)]
            return model

        object.__setattr__(self, "make", make)

    def kind(self) -> type[nn.Module]:
        """The class of what was built last, without what runs it in parallel; it is built if nothing was yet."""
        if not self._built:
            self.make()
        return self._built[0]


def load_source(reference: str, session: Session) -> tuple[ModuleType, str | None]:
    """Import the module of a subject reference; the second value is the name after the colon, if any.

    Raises:
        SubjectError: no such file, a syntax error, or an error while importing, with file and line.
    """
    place, name = split_reference(reference)
    if place.endswith(PYTHON):
        return session.load(Path(place)), name
    _refuse_other_files(reference, place)
    return _import_package(place), name


def split_reference(reference: str) -> tuple[str, str | None]:
    r"""A file or module, and the name after the colon: a colon inside a path (C:\x.py) is followed by a separator."""
    place, colon, name = reference.rpartition(":")
    if colon and (name.replace(".", "_").isidentifier() or name.isdecimal()):
        return place, name
    return reference, None


_WEIGHTS = (".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".pkl", ".onnx")


def _refuse_other_files(reference: str, place: str) -> None:
    """Words that cannot be the name of a module: weights, another file."""
    path = Path(place)
    if path.suffix.lower() in _WEIGHTS:
        what = "holds weights, and the cost is that of the code that uses them"
    elif path.is_file():
        what = "is no Python file"
    else:
        return
    raise SubjectError(f"{reference} {what}; give the file that defines the model, FILE.py:NAME")


def _import_package(name: str) -> ModuleType:
    with _working_folder(), explained(SubjectError, f"module {name}: importing it failed"):
        return importlib.import_module(name)


@contextlib.contextmanager
def _working_folder() -> Iterator[None]:
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)


def find_model(
    module: ModuleType, name: str | None, options: Mapping[str, Any], label: str, session: Session | None = None
) -> LoadedSubject:
    """The subject ``name`` of an imported file, or its only ``nn.Module`` class if there is no name.

    Raises:
        SubjectError: no such name, with the names that would work; or several classes and no name.
    """
    models = model_names(module)
    if name is None:
        if len(models) != 1:
            listed = ", ".join(models) or "none"
            raise SubjectError(
                f"{label}: which model? its nn.Module classes: {listed}; write {label}:NAME, or define recipe()"
            )
        name = models[0]
    target: Any = module
    for part in name.split("."):
        if not hasattr(target, part):
            listed = ", ".join(models) or "none"
            raise SubjectError(f"{label}: no {name!r} in it; its models: {listed}")
        target = getattr(target, part)
    return from_object(target, options, label, vars(module), session)


def model_names(module: ModuleType) -> list[str]:
    """The ``nn.Module`` classes that a file itself defines, in its order."""
    return [
        name
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, nn.Module)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    ]


def from_object(
    target: Any,
    options: Mapping[str, Any],
    label: str,
    source: Mapping[str, Any] | None = None,
    session: Session | None = None,
) -> LoadedSubject:
    """A subject from a class, an instance, or a callable that returns a model.

    Raises:
        SubjectError: it is none of these, or its arguments do not fit.
    """
    if isinstance(target, Missing):
        with explained(SubjectError, label):
            target.fail()
    if isinstance(target, nn.Module):
        if options:
            raise SubjectError(f"{label} is already built: --model-option has nothing to set")

        def copy_of_it() -> nn.Module:
            with explained(SubjectError, f"{label}: copying the model failed"):
                _refuse_scripted(target)
            inside = unwrapped(target)
            return copy.deepcopy(inside) if real.active() is not None else _as_fake(inside)

        return LoadedSubject(label, copy_of_it, source or {})
    if not callable(target):
        raise SubjectError(
            f"{label} is a {type(target).__name__}, not an nn.Module class, instance or function returning one"
        )
    _check_arguments(target, options, label)
    make = maker(lambda: target(**options), label, session)
    arguments = arguments_text(target, (), options)
    if not isinstance(target, type):
        arguments = f"by {getattr(target, '__name__', label)}({arguments})"
    return LoadedSubject(
        label,
        make,
        source or {},
        arguments,
        sizes=sized(target, options),
        resized=lambda name, size: from_object(target, {**options, name: size}, label, source, session),
    )


def maker(build: Callable[[], Any], label: str, session: Session | None = None) -> Callable[[], nn.Module]:
    """A function that builds a model by ``build``, checks that it is one, and gives it fake tensors.

    Args:
        build: the user's code.
        label: the model, in messages.
        session: of the files, which the code may import from while it runs.
    """

    def once() -> nn.Module:
        mode = fake.active()
        importable = contextlib.nullcontext() if session is None else session.importable()
        noted = contextlib.nullcontext() if mode is None else mode.building()
        with importable, noted, explained(SubjectError, f"{label}: building the model failed"):
            model = unwrapped(build())
            if isinstance(model, Unread):
                model()  # says why it is not there
        if not isinstance(model, nn.Module):
            raise SubjectError(f"{label} returned a {type(model).__name__}, not an nn.Module")
        _refuse_scripted(model)
        return model

    def make() -> nn.Module:
        model = once()
        mode = fake.active()
        if mode is not None and mode.values.drawn:
            with mode.values.other_draws():
                _check_equal(model, once(), f"{label}, {next(iter(mode.values.drawn))}")
        if real.active() is not None or is_lazy(model):
            return model
        tensors = (*model.parameters(), *model.buffers())
        # a function may return a model that was built before, for real
        return model if all(isinstance(t, compat.FakeTensor) for t in tensors) else _as_fake(model)

    return make


def _check_equal(one: nn.Module, other: nn.Module, what: str) -> None:
    """Refuse a model whose layers or sizes hang on a random draw: it is another one each time it is built."""
    if _outline(one) != _outline(other):
        raise SubjectError(f"{what}: the model is another one each time it is built: a random draw decides its layers")


def _outline(model: nn.Module) -> Any:
    tensors = [(n, tuple(t.shape), t.dtype) for n, t in (*model.named_parameters(), *model.named_buffers())]
    return tensors, [
        (name, class_name(module), {k: v for k, v in vars(module).items() if isinstance(v, (int, str)) and k[0] != "_"})
        for name, module in model.named_modules()
    ]


def _check_arguments(target: Callable[..., Any], options: Mapping[str, Any], label: str) -> None:
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):
        return  # no signature to check against: the call itself will tell
    kinds = {p.kind for p in signature.parameters.values()}
    unknown = [name for name in options if name not in signature.parameters]
    if unknown and inspect.Parameter.VAR_KEYWORD not in kinds:
        known = ", ".join(signature.parameters) or "none"
        raise SubjectError(f"{label} has no option {unknown[0]!r}; its options: {known}")
    try:
        signature.bind(**options)
    except TypeError as error:
        hint = "give arguments with --model-option NAME=VALUE"
        raise SubjectError(f"{label}{_shown(signature)}: {error}", hint=hint) from None


_LONGEST_SIGNATURE = 120


def _shown(signature: inspect.Signature) -> str:
    """``(width, act=relu)``: names and defaults."""
    parts = [
        f"{str(p).partition(p.name)[0]}{p.name}" + ("" if p.default is p.empty else f"={plain_value(p.default)}")
        for p in signature.parameters.values()
    ]
    text = f"({', '.join(parts)})"
    return text if len(text) <= _LONGEST_SIGNATURE else "(…)"


def _refuse_scripted(model: nn.Module) -> None:
    if any(isinstance(module, torch.jit.ScriptModule) for module in model.modules()):
        raise SubjectError(SCRIPTED)


def _as_fake(model: nn.Module) -> nn.Module:
    """A copy of a built model with fake parameters and buffers of the active mode; the original is not touched."""
    plain = [t for m in model.modules() for name, value in vars(m).items() if name[0] != "_" for t in tensors_in(value)]
    tensors = (*model.parameters(), *model.buffers(), *plain)
    twins = {id(t): new_without_size(t) if has_no_size(t) else _fake_twin(t) for t in tensors}
    with compat.without_modes():  # copy.deepcopy fails on a module inside the fake mode
        return rebound(copy.deepcopy(model, twins))


_MOST_KNOWN = 2**16
"""Elements of a buffer of which the values stay known: masks and tables, not memory banks."""


def _fake_twin(tensor: torch.Tensor) -> torch.Tensor:
    twin = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="cpu")
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(twin, requires_grad=tensor.requires_grad)
    mode = fake.active()
    if mode is not None and tensor.numel() <= _MOST_KNOWN:
        mode.values.copied(tensor, twin)
    return twin
