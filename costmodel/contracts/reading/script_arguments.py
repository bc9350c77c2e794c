"""The command line that a script takes, read from its syntax tree: argparse, click, typer or fire."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from costmodel.contracts.reading.meanings import Names
from costmodel.contracts.reading.programs import Part, Programs

_FLAGS = frozenset({"store_true", "store_false", "store_const", "count", "append_const"})
_UNKNOWN_PARSERS = ("absl.flags", "absl.app", "tyro", "hydra", "jsonargparse", "docopt", "tap.", "simple_parsing")


@dataclass(frozen=True, slots=True)
class ScriptArgument:
    """One argument: all its spellings, whether it may be left out, whether it takes a value, where it is declared."""

    spellings: tuple[str, ...]
    optional: bool
    takes_value: bool
    place: str


@dataclass(slots=True)
class CommandLine:
    """What is declared, and why that may not be all (empty if it is)."""

    arguments: list[ScriptArgument] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    parser: bool = False


def command_line(programs: Programs, script: str) -> CommandLine:
    """Arguments that a script declares itself or, where it declares none, in a module of the submission it imports."""
    parts = programs.of(script)
    line = _declared(parts)
    if line.parser or line.doubts:
        return line
    folder = script.rpartition("/")[0]
    for module in _imported(parts):
        path = f"{folder}/{module.replace('.', '/')}.py".lstrip("/")
        found = _declared(programs.of(path))
        if found.parser or found.doubts:
            return found
    return line


def _imported(parts: list[Part]) -> Iterator[str]:
    for part in parts:
        for node in ast.walk(part.tree) if part.tree else ():
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module


def _declared(parts: list[Part]) -> CommandLine:
    line = CommandLine()
    for part in parts:
        if part.tree is None:
            line.doubts.append(part.problem)
            continue
        names = Names(part.tree)
        for node in ast.walk(part.tree):
            if isinstance(node, ast.Call):
                _call(line, part, names, node)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                _function(line, part, names, node)
            elif isinstance(node, (ast.Attribute, ast.Name)) and "sys.argv" in names.of(node):
                line.doubts.append(f"{part.place(node.lineno)} reads sys.argv itself")
    if line.parser:
        # sys.argv beside a parser (a log line, a banner) takes no argument away from it
        line.doubts = [doubt for doubt in line.doubts if "sys.argv" not in doubt]
    return line


def _call(line: CommandLine, part: Part, names: Names, node: ast.Call) -> None:
    meanings = names.of(node.func)
    place = part.place(node.lineno)
    if "argparse.ArgumentParser" in meanings:
        line.parser = True
    elif isinstance(node.func, ast.Attribute) and node.func.attr == "add_argument":
        line.parser = True
        _add_argument(line, node, place)
    elif isinstance(node.func, ast.Attribute) and node.func.attr == "add_subparsers":
        line.doubts.append(f"{place} has subcommands")
    elif meanings & {"fire.Fire", "typer.run"}:
        target = node.args[0] if node.args else None
        function = _local(part, target)
        line.parser = True
        if function is None:
            line.doubts.append(f"{place} makes a command of {ast.unparse(target)[:40] if target else 'everything'}")
        else:
            _parameters(line, part, function, "fire" if "fire.Fire" in meanings else "typer")
    elif any(path.startswith(_UNKNOWN_PARSERS) for path in meanings):
        line.doubts.append(f"{place} uses {min(meanings)}, which this check cannot read")


def _add_argument(line: CommandLine, node: ast.Call, place: str) -> None:
    spellings = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if len(spellings) != len(node.args) or not spellings or any(k.arg is None for k in node.keywords):
        line.doubts.append(f"{place} adds an argument whose name is computed")
        return
    words = {k.arg: k.value for k in node.keywords}
    action = words.get("action")
    flag = isinstance(action, ast.Constant) and action.value in _FLAGS
    positional = not spellings[0].startswith("-")
    count = words.get("nargs")
    may_be_none = isinstance(count, ast.Constant) and count.value in ("?", "*")
    required = words.get("required")
    needed = isinstance(required, ast.Constant) and bool(required.value)
    optional = may_be_none if positional else not needed
    line.arguments.append(ScriptArgument(tuple(spellings), optional, not flag, place))


def _function(line: CommandLine, part: Part, names: Names, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Click's and typer's decorators."""
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        meanings = names.of(call.func if call else decorator)
        place = part.place(decorator.lineno)
        if any(path in ("click.command", "click.group") for path in meanings):
            line.parser = True
        if call is not None and meanings & {"click.option", "click.argument"}:
            line.parser = True
            _click(line, call, place, option="click.option" in meanings)
        elif any(path.startswith("typer.Typer().") for path in meanings):
            line.parser = True
            _parameters(line, part, node, "typer")
        elif any(path.startswith(_UNKNOWN_PARSERS) for path in meanings):
            line.doubts.append(f"{place} uses {min(meanings)}, which this check cannot read")


def _click(line: CommandLine, call: ast.Call, place: str, *, option: bool) -> None:
    texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    spellings = tuple(text for text in texts if text.startswith("-") == option)
    words = {k.arg: k.value for k in call.keywords}
    if not spellings:
        line.doubts.append(f"{place} adds an argument whose name is computed")
        return
    flag, required = words.get("is_flag"), words.get("required")
    flagged = (isinstance(flag, ast.Constant) and bool(flag.value)) or "/" in spellings[0]
    needed = required.value if isinstance(required, ast.Constant) else not option
    line.arguments.append(ScriptArgument(spellings, not needed, not flagged, place))


def _local(part: Part, target: ast.expr | None) -> ast.FunctionDef | None:
    if not isinstance(target, ast.Name) or part.tree is None:
        return None
    found = [n for n in part.tree.body if isinstance(n, ast.FunctionDef) and n.name == target.id]
    return found[-1] if found else None


def _parameters(line: CommandLine, part: Part, node: ast.FunctionDef | ast.AsyncFunctionDef, parser: str) -> None:
    """A function's parameters as fire and typer make arguments of them."""
    place = part.place(node.lineno)
    if node.args.vararg or node.args.kwarg:
        line.doubts.append(f"{place} takes any argument")
    positional = [*node.args.posonlyargs, *node.args.args]
    missing = len(positional) - len(node.args.defaults)
    pairs = [(a, node.args.defaults[i - missing] if i >= missing else None) for i, a in enumerate(positional)]
    pairs += list(zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True))
    for argument, default in pairs:
        name = argument.arg
        dashed = f"--{name.replace('_', '-')}"
        if parser == "fire":  # takes --data_dir and --data-dir
            line.arguments.append(ScriptArgument((f"--{name}", dashed), default is not None, True, place))
            continue
        described = ast.unparse(argument.annotation) if argument.annotation else ""
        text = f"{described} {ast.unparse(default) if default else ''}"
        given = tuple(word for word in _texts(argument.annotation, default) if word.startswith("--"))
        optional = not _needs_value(default)
        if "Argument(" in text or (default is None and "Option(" not in text):
            line.arguments.append(ScriptArgument((name,), optional, True, place))
        else:
            line.arguments.append(ScriptArgument(given or (dashed,), optional, "bool" not in described, place))


def _needs_value(default: ast.expr | None) -> bool:
    """Whether typer asks for a value: no default, or a marker without one (``Option(...)``, ``Argument(help=…)``)."""
    if not isinstance(default, ast.Call) or not ast.unparse(default.func).endswith(("Option", "Argument")):
        return default is None
    said = [*default.args[:1], *(keyword.value for keyword in default.keywords if keyword.arg == "default")]
    return all(isinstance(value, ast.Constant) and value.value is ... for value in said)


def _texts(*nodes: ast.expr | None) -> list[str]:
    found = [inner for node in nodes if node is not None for inner in ast.walk(node)]
    return [n.value for n in found if isinstance(n, ast.Constant) and isinstance(n.value, str)]
