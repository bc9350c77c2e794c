"""Signs that a program uses the network."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from costmodel.contracts.handed_in import HandedIn
from costmodel.contracts.reading.meanings import Names
from costmodel.contracts.reading.programs import Part

TITLE = "network use"

_MODULES = (
    "requests", "urllib.request", "urllib3", "http.client", "http.server", "socket", "socketserver", "ssl", "ftplib",
    "smtplib", "telnetlib", "poplib", "imaplib", "xmlrpc", "httpx", "aiohttp", "websocket", "websockets", "paramiko",
    "wget", "gdown", "huggingface_hub", "kaggle", "boto3", "botocore", "google.cloud", "wandb", "comet_ml", "neptune",
    "grpc", "zmq",
)  # fmt: skip
_SHELLS = (
    "subprocess.",
    "os.system",
    "os.popen",
    "os.exec",
    "os.spawn",
    "os.posix_spawn",
    "pty.spawn",
    "asyncio.create_subprocess",
)
_PROGRAMS = re.compile(
    r"(?<![\w.-])(wget|curl|aria2c|scp|sftp|rsync|ssh|ftp|nc|ncat|telnet|gdown|kaggle|huggingface-cli|hf|"
    r"git\s+(clone|pull|fetch)|(python\S*\s+-m\s+)?pip3?\s+install|conda\s+install|mamba\s+install|apt(-get)?\s+install)(?![\w.-])"
)
_URL = re.compile(r"\b(https?|ftps?|s3|gs|hf)://", re.IGNORECASE)
_FROM_HUB = ("torch.hub.", "torchhub.")
_STAY_HERE = frozenset({"set_dir", "get_dir"})
_DOWNLOADERS = (
    "urlretrieve", "download_url", "download_and_extract_archive", "download_url_to_file", "load_dataset",
    "load_state_dict_from_url", "load_url", "hf_hub_download", "snapshot_download", "load_from_hub",
)  # fmt: skip


def signs(rule: Any, handed_in: HandedIn) -> Iterator[tuple[str, str]]:  # noqa: ARG001  # every sign takes the rule
    """Imports, calls and shell commands that use the network."""
    for part, names in handed_in.parts:
        yield from _in_program(part, names)


def _in_program(part: Part, names: Names) -> Iterator[tuple[str, str]]:
    for line, text in part.shell:
        if _PROGRAMS.search(text):
            yield part.place(line), f"the shell runs {text[:60]!r}"
    if part.tree is None:
        return
    for node in ast.walk(part.tree):
        reason = ""
        if isinstance(node, ast.Import):
            reason = _imported([alias.name for alias in node.names])
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            reason = _imported([f"{node.module}.{alias.name}" for alias in node.names])
        elif isinstance(node, ast.Call):
            reason = _call(node, names)
        if reason and isinstance(node, (ast.Import, ast.ImportFrom, ast.Call)):
            yield part.place(node.lineno), reason


def _imported(paths: list[str]) -> str:
    found = [path for path in paths if any(path == m or path.startswith(f"{m}.") for m in _MODULES)]
    return f"imports {found[0]}" if found else ""


def _call(node: ast.Call, names: Names) -> str:
    meanings = names.of(node.func)
    if meanings & {"__import__", "importlib.import_module"}:
        return _imported(sorted(names.of(node)))
    if any(path.startswith(_SHELLS) and "()" not in path for path in meanings):
        words = " ".join(_texts(node))
        match = _PROGRAMS.search(words)
        if match:
            return f"{min(meanings)}() runs {match[0]}"
        if not words:
            return f"{min(meanings)}() runs a command that is computed"
    for keyword in node.keywords:
        if keyword.arg == "download" and not (isinstance(keyword.value, ast.Constant) and not keyword.value.value):
            return f"download={ast.unparse(keyword.value)[:40]}"
    last = node.func.attr if isinstance(node.func, ast.Attribute) else min(meanings, default="").rpartition(".")[2]
    if last in _DOWNLOADERS:
        return f"{last}() downloads"
    hub = [path for path in sorted(meanings) if path.startswith(_FROM_HUB) and "()" not in path]
    if hub and hub[0].rpartition(".")[2] not in _STAY_HERE and not _is_local(node):
        return f"{hub[0]}() downloads"
    url = next((text for text in _texts(node) if _URL.search(text)), None)
    return f"passes an address, {url[:60]!r}" if url is not None else ""


def _is_local(node: ast.Call) -> bool:
    """``source="local"``: a folder on this machine."""
    said = [keyword.value for keyword in node.keywords if keyword.arg == "source"]
    return any(isinstance(value, ast.Constant) and value.value == "local" for value in said)


def _texts(node: ast.Call) -> list[str]:
    """Texts among a call's own arguments, in lists and f-strings too, but not in calls inside."""
    pending: list[ast.AST] = [*node.args, *(keyword.value for keyword in node.keywords)]
    texts = []
    while pending:
        current = pending.pop(0)
        if isinstance(current, ast.Constant) and isinstance(current.value, str):
            texts.append(current.value)
        elif not isinstance(current, (ast.Call, ast.Lambda)):
            pending = [*ast.iter_child_nodes(current), *pending]
    return texts
