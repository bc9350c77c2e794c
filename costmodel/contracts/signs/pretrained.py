"""Signs of pretrained weights in a program's text, and files that may hold some."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import Any

from costmodel.contracts.handed_in import HandedIn
from costmodel.contracts.reading.meanings import Names
from costmodel.contracts.reading.programs import Part
from costmodel.contracts.reading.submission_folder import Folder
from costmodel.files.quoting import escaped

TITLE = "pretrained weights"

_LOADERS = frozenset({"load_url", "load_state_dict_from_url", "from_pretrained", "load_from_hub", "hf_hub_download"})
_HUB = frozenset({"torch.hub.load", "torchhub.load"})
_ROOTS = ("torch.hub.", "torchhub.", "huggingface_hub.", "transformers.pipeline", "clip.load", "gdown.")
_NOTHING_LOADED = frozenset({"set_dir", "get_dir", "list", "help"})
"""Functions of ``torch.hub`` that give no weights."""

_ZOO = ("torchvision.models", "timm.", "segmentation_models_pytorch.", "efficientnet_pytorch.", "open_clip.")
_KERAS = ("keras.applications.", "tensorflow.keras.applications.")
_OTHER_WEIGHTS = ("random.", "numpy.", "np.", "sklearn.", "scipy.", "pandas.", "torch.", "collections.")
"""Packages whose ``weights=`` weighs samples or classes."""

_ENUM_WORDS = ("IMAGENET", "_Weights", "COCO", "KINETICS", "DEFAULT")
_CHECKPOINTS = (
    ".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".h5", ".hdf5", ".keras", ".onnx", ".pkl", ".pickle", ".npz",
    ".npy", ".tflite", ".pb", ".msgpack", ".joblib", ".caffemodel", ".gguf", ".pt2", ".zip", ".tar", ".gz", ".tgz",
    ".bz2", ".xz", ".7z", ".rar", ".zst",
)  # fmt: skip
"""Weights, and archives that may hold some."""


def signs(rule: Any, handed_in: HandedIn) -> Iterator[tuple[str, str]]:
    """Calls that load weights from elsewhere, and files that may hold some."""
    for part, names in handed_in.parts:
        yield from _in_program(part, names)
    yield from _in_files(handed_in.folder, rule.checkpoint_bytes, handed_in.asked_for)


def _in_program(part: Part, names: Names) -> Iterator[tuple[str, str]]:
    if part.tree is None:
        return
    for node in ast.walk(part.tree):
        if isinstance(node, ast.Call):
            reason = _call(node, names)
        elif isinstance(node, ast.Dict):
            reason = _dict(node)
        else:
            continue
        if reason:
            yield part.place(node.lineno), reason


def _in_files(folder: Folder, large: int, asked_for: Collection[str]) -> Iterator[tuple[str, str]]:
    """Every file that may hold weights by its suffix or its size, except those asked for."""
    for entry in (each for each in folder.files if each.path not in asked_for):
        if entry.name.lower().endswith(_CHECKPOINTS):
            yield escaped(entry.path), f"may hold weights ({entry.size:,} bytes)"
        elif entry.size >= large:
            yield escaped(entry.path), f"has {entry.size:,} bytes, enough for weights"


def _call(node: ast.Call, names: Names) -> str:
    meanings = names.of(node.func)
    last = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    found = {path for path in meanings if "()" not in path and _loads(path)}
    if found <= _HUB and _said_not_to_be(node):
        found = set()
    if found or last in _LOADERS:
        return f"{min(found) if found else last}() loads weights"
    for keyword in node.keywords:
        reason = _keyword(keyword, meanings)
        if reason:
            return reason
    if any(path.startswith("torchvision.models.") for path in meanings) and node.args and _truthy(node.args[0]):
        return f"{min(meanings)}({ast.unparse(node.args[0])[:40]}): the first argument was pretrained"
    keras = {path for path in meanings if path.startswith(_KERAS) and path.rpartition(".")[2][:1].isupper()}
    if keras and not any(keyword.arg == "weights" for keyword in node.keywords):
        return f"{min(keras)}() has weights='imagenet' where nothing is said"
    return ""


def _loads(path: str) -> bool:
    """Whether a function loads weights; what is called on its result does not load them again."""
    name = path.rpartition(".")[2]
    return name in _LOADERS or (path.startswith(_ROOTS) and name not in _NOTHING_LOADED)


def _said_not_to_be(node: ast.Call) -> bool:
    """``pretrained=False`` or ``weights=None``: the network comes without weights."""
    said = [keyword.value for keyword in node.keywords if keyword.arg in ("pretrained", "weights")]
    return bool(said) and not any(_truthy(value) for value in said)


def _keyword(keyword: ast.keyword, meanings: set[str]) -> str:
    text = ast.unparse(keyword.value)[:60]
    if keyword.arg in ("pretrained", "pretrained_backbone", "use_pretrained") and _truthy(keyword.value):
        return f"{keyword.arg}={text}"
    if keyword.arg == "checkpoint_path" and _truthy(keyword.value):
        return f"checkpoint_path={text}"
    if keyword.arg in ("weights", "weights_backbone") and _truthy(keyword.value):
        zoo = any(path.startswith((*_ZOO, *_KERAS)) for path in meanings)
        elsewhere = any(path.startswith(_OTHER_WEIGHTS) for path in meanings)
        if zoo or (not elsewhere and any(word in text for word in _ENUM_WORDS)):
            return f"{keyword.arg}={text}"
    return ""


def _dict(node: ast.Dict) -> str:
    """``{"pretrained": True}``, which may become keywords."""
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == "pretrained" and _truthy(value):
            return f"'pretrained': {ast.unparse(value)[:60]}"
    return ""


def _truthy(node: ast.expr) -> bool:
    """Whether an expression may be something other than False, None, 0 or ''."""
    return not (isinstance(node, ast.Constant) and not node.value)
