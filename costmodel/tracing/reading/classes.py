"""The network classes of a submission by reading: which there are, and which are parts of which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from torch import nn

from costmodel.tracing.reading.source import Function, Meaning, Project, Source, Symbol, Value

_OTHERS = frozenset(
    {"Function", "Dataset", "IterableDataset", "ABC", "Enum", "Exception", "object", "NamedTuple", "Protocol"}
)
"""Bases, by their last word, that make no network."""

_LIBRARIES = ("torchvision.models.", "timm.", "transformers.", "lightning.", "pytorch_lightning.")


def module_class(name: str) -> type[nn.Module] | None:
    """The class of ``torch.nn`` with a dotted name."""
    found = getattr(nn, name.rpartition(".")[2], None) if name.startswith("torch.nn.") else None
    return found if isinstance(found, type) and issubclass(found, nn.Module) else None


def holds_parameters(name: str) -> bool:
    """True for the classes of ``torch.nn`` that may have parameters: no activation, pooling or loss."""
    kind = module_class(name)
    return kind is not None and kind not in _WITHOUT_PARAMETERS and not name.endswith("Loss")


class Classes:
    """What is known of the classes of a project.

    A class mentions another one if its methods or defaults name it, directly or by way of functions and variables of
    the files; then it constructs it, or takes it for granted: the other one is a part.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._mentions: dict[Symbol | Value, frozenset[Symbol | Value]] = {}
        self._parts: dict[Symbol, frozenset[Symbol]] = {}

    @cached_property
    def models(self) -> tuple[Symbol, ...]:
        """Every class that is an ``nn.Module``, as far as reading tells."""
        return tuple(
            Symbol(source, name, node)
            for source in self.project.sources
            for name, node in source.definitions.items()
            if isinstance(node, ast.ClassDef) and self.is_model(Symbol(source, name, node))
        )

    def is_model(self, symbol: Symbol, depth: int = 0) -> bool:
        """True if the class has a base that is a network's, or an unknown base and a ``forward``."""
        if not isinstance(symbol.node, ast.ClassDef) or depth > 10:
            return False
        unknown = False
        for base in self.bases(symbol):
            if isinstance(base, Symbol):
                if self.is_model(base, depth + 1):
                    return True
                continue
            last = base.rpartition(".")[2] if isinstance(base, str) else ""
            if isinstance(base, str) and (module_class(base) or last.endswith("Module") or base.startswith(_LIBRARIES)):
                return True
            unknown |= last not in _OTHERS
        return unknown and self.method(symbol, "forward") is not None

    def bases(self, symbol: Symbol) -> list[Meaning]:
        """What the bases of a class mean."""
        assert isinstance(symbol.node, ast.ClassDef)  # asked for classes only
        return [self.project.resolve(symbol.source, _unsubscripted(base)) for base in symbol.node.bases]

    def ancestors(self, symbol: Symbol, depth: int = 0) -> Iterator[Symbol]:
        """The class and its bases in the files, nearest first."""
        yield symbol
        for base in self.bases(symbol) if depth < 10 else ():
            if isinstance(base, Symbol) and isinstance(base.node, ast.ClassDef):
                yield from self.ancestors(base, depth + 1)

    def method(self, symbol: Symbol, name: str) -> Function | None:
        """A method that the class has from the files."""
        for one in self.ancestors(symbol):
            for node in getattr(one.node, "body", []):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
                    return node
        return None

    def is_loss(self, symbol: Symbol) -> bool:
        """True if the class is called a loss, and compares two things."""
        forward = self.method(symbol, "forward")
        if forward is None or not symbol.name.lower().endswith(("loss", "criterion")):
            return False
        places = [*forward.args.posonlyargs, *forward.args.args][1:]
        return len(places) - len(forward.args.defaults) > 1

    def is_abstract(self, symbol: Symbol) -> bool:
        """True if the class has no ``forward`` and others of the files derive from it."""
        runs = any(self.method(symbol, name) is not None for name in ("forward", "training_step"))
        derived = (other for other in self.models if other != symbol)
        return not runs and self._has_plain_bases(symbol) and any(symbol in self.ancestors(other) for other in derived)

    def _has_plain_bases(self, symbol: Symbol) -> bool:
        """True if nothing but ``nn.Module`` itself is behind the class: no ``forward`` comes from elsewhere."""
        behind = [base for one in self.ancestors(symbol) for base in self.bases(one)]
        return all(isinstance(base, Symbol) or base in ("torch.nn.Module", "abc.ABC", "object") for base in behind)

    def may_hold_parameters(self, symbol: Symbol) -> bool:
        """False if reading tells that instances have no parameters: no layer, no ``Parameter``, no class of the files.

        What is not understood may hold some.
        """
        if not self._has_plain_bases(symbol) or self.parts(symbol):
            return True
        return any(self._may_make(one.source, call) for one in self.ancestors(symbol) for call in _calls(one.node))

    def _may_make(self, source: Source, call: ast.Call) -> bool:
        meaning = self.project.resolve(source, call.func)
        if isinstance(meaning, str) and meaning.startswith("torch."):
            return holds_parameters(meaning) or meaning.endswith("Parameter")
        if isinstance(meaning, str):
            return not meaning.startswith(_COMPUTE)
        if isinstance(meaning, Symbol) and meaning.source not in self.project.sources:
            return not isinstance(meaning.node, ast.ClassDef) or self.is_model(meaning)  # of a file that is imported
        if isinstance(call.func, ast.Attribute):
            return call.func.attr in _ADDS
        return not isinstance(meaning, Symbol) and not (isinstance(call.func, ast.Name) and call.func.id in _PLAIN)

    def parts(self, symbol: Symbol) -> frozenset[Symbol]:
        """Network classes that a class mentions, directly or not."""
        if symbol not in self._parts:
            self._parts[symbol] = self._reached(symbol)
        return self._parts[symbol]

    def _reached(self, symbol: Symbol) -> frozenset[Symbol]:
        seen: set[Symbol | Value] = set()
        todo: list[Symbol | Value] = [symbol]
        while todo:
            for other in self.mentions(todo.pop()):
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return frozenset(s for s in seen if isinstance(s, Symbol) and s != symbol and s in self._models)

    @cached_property
    def _models(self) -> frozenset[Symbol]:
        return frozenset(self.models)

    def is_part(self, symbol: Symbol) -> bool:
        """True if another network class contains this one (and is not contained by it in turn)."""
        return any(symbol in self.parts(other) and other not in self.parts(symbol) for other in self.models)

    def wholes(self, symbol: Symbol) -> list[Symbol]:
        """The classes that contain this one."""
        return [o for o in self.models if symbol in self.parts(o) and o not in self.parts(symbol)]

    def mentions(self, of: Symbol | Value) -> frozenset[Symbol | Value]:
        """Classes, functions and variables of the files that the text of one of them names."""
        if of not in self._mentions:
            self._mentions[of] = frozenset(self._read(of))
        return self._mentions[of]

    def _read(self, of: Symbol | Value) -> Iterator[Symbol | Value]:
        if isinstance(of, Value):
            texts: list[ast.AST] = list(of.source.values[of.name])
        elif isinstance(of.node, ast.ClassDef):
            texts = list(of.node.body)
            yield from self._handed.get(of, ())
        else:
            texts = [of.node.args, *of.node.body]
        for text in texts:
            yield from self.named_in(of.source, text)

    def named_in(self, source: Source, text: ast.AST) -> Iterator[Symbol | Value]:
        """Classes, functions and variables of the files that a piece of text names."""
        for node in ast.walk(text):
            if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
                meaning = self.project.resolve(source, node)
                if isinstance(meaning, (Symbol, Value)):
                    yield meaning

    @cached_property
    def _handed(self) -> dict[Symbol, set[Symbol | Value]]:
        """What calls hand to a class: ``ResNet(BasicBlock, [2, 2])``, also by way of a function that makes it."""
        handed: dict[Symbol, set[Symbol | Value]] = {}
        for source in self.project.sources:
            for call in _calls(source.tree):
                given = {
                    one
                    for argument in (*call.args, *(k.value for k in call.keywords))
                    for one in self.named_in(source, argument)
                }
                for made in self._made_by(self.project.resolve(source, call.func)) if given else ():
                    handed.setdefault(made, set()).update(given - {made})
        return handed

    def _made_by(self, meaning: Meaning) -> Iterator[Symbol]:
        if isinstance(meaning, Symbol) and isinstance(meaning.node, ast.ClassDef):
            if self.is_model(meaning):
                yield meaning
        elif isinstance(meaning, Symbol):
            for node in ast.walk(meaning.node):
                if isinstance(node, ast.Return) and isinstance(node.value, ast.Call):
                    made = self.project.resolve(meaning.source, node.value.func)
                    if isinstance(made, Symbol) and self.is_model(made):
                        yield made


_PLAIN = frozenset({"super", "len", "int", "float", "tuple", "list", "isinstance", "print", "max", "min", "range"})
_COMPUTE = ("math.", "numpy.", "random.", "functools.", "itertools.", "collections.", "typing.", "einops.rearrange")
_ADDS = frozenset({"add_module", "register_module", "register_parameter", "setattr", "append", "extend", "insert"})
_WITHOUT_PARAMETERS = frozenset(
    {nn.ReLU, nn.ReLU6, nn.SiLU, nn.GELU, nn.Sigmoid, nn.Tanh, nn.Softmax, nn.Softplus, nn.Hardtanh, nn.Flatten}
    | {nn.LeakyReLU, nn.ELU, nn.Hardswish, nn.Identity, nn.Dropout, nn.Dropout2d, nn.MaxPool2d, nn.AvgPool2d}
    | {nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.Upsample, nn.PixelShuffle, nn.ZeroPad2d}
)


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _unsubscripted(node: ast.expr) -> ast.expr:
    """``Generic[T]`` is ``Generic``."""
    return node.value if isinstance(node, ast.Subscript) else node
