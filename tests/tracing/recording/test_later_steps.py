"""Steps that do more one day, by everything that a program can keep: none is counted as if it never did."""

from __future__ import annotations

from pathlib import Path

import pytest

import costmodel

PROGRAM = """\
import argparse, array, bisect, ctypes, datetime, functools, itertools, math, os, secrets, threading, time
from collections import Counter, deque
from time import perf_counter as tick
from types import SimpleNamespace
import numpy as np
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.other = nn.Linear(12, 4), nn.Sequential(nn.Linear(12, 4))
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))
        self.register_buffer("queue", torch.zeros(4, 64))
        self.n, self.text, self.rate, self.left, self.turn = 0, "", 1.0, 300, np.int64(0)
        {init}

    def forward(self, x):
        return self.layer(x)

def example_batch(n=2):
    return torch.randn(n, 12), torch.randint(0, 4, (n,))

{before}

def training_step(model, batch):
    x, labels = batch
    out = model(x)
    more = lambda: model.other(x)
    {body}
    return nn.functional.cross_entropy(out, labels)
"""
MORE = "out = out + more()"
LATER = {
    "an attribute": ("", f"model.n += 1\nif model.n > 40: {MORE}"),
    "an attribute of torch's own module": (
        "", f"model.other.n = getattr(model.other, 'n', 0) + 1\nif model.other.n > 40: {MORE}"
    ),
    "an attribute of a parameter": (
        "", f"w = model.layer.weight\nw.n = getattr(w, 'n', 0) + 1\nif w.n > 40: {MORE}"
    ),
    "an attribute of torch": ("", f"torch.n_steps = getattr(torch, 'n_steps', 0) + 1\nif torch.n_steps > 1040: {MORE}"),
    "a hook's closure": (
        "", "pass",
        "count = [0]\ndef hook(module, args, result):\n    count[0] += 1\n    if count[0] > 40:\n"
        "        return result + self.other(args[0])\nself.layer.register_forward_hook(hook)",
    ),
    "a buffer": ("", f"model.seen += 1\nif model.seen > 40: {MORE}"),
    "a namespace": ("args = argparse.Namespace(step=0)", f"args.step += 1\nif args.step > 40: {MORE}"),
    "a thread's own": ("S = threading.local(); S.n = 0", f"S.n += 1\nif S.n > 40: {MORE}"),
    "a row of NumPy's": ("C = np.zeros(1)", f"C[0] += 1\nif C[0] > 40: {MORE}"),
    "a number of NumPy's": ("", f"model.turn = model.turn + 1\nfor _ in range(int(model.turn) // 50): {MORE}"),
    "a number of C's": ("C = ctypes.c_int(0)", f"C.value += 1\nif C.value > 40: {MORE}"),
    "an array": ("C = array.array('i', [0])", f"C[0] += 1\nif C[0] > 40: {MORE}"),
    "bytes": ("C = bytearray()", f"C.append(0)\nif len(C) > 40: {MORE}"),
    "the environment": (
        "", f"os.environ['N_'] = str(int(os.environ.get('N_', 0)) + 1)\nif int(os.environ['N_']) > 9000: {MORE}"
    ),
    "a cache": (
        "@functools.lru_cache\ndef seen(x): return x", f"seen(object())\nif seen.cache_info().misses > 40: {MORE}"
    ),
    "a default argument": (
        "def turn(n=[0]):\n    n[0] += 1\n    return n[0]", f"if turn() > 40: {MORE}"
    ),
    "a method of an iterator": ("NEXT = itertools.count().__next__", f"if NEXT() > 40: {MORE}"),
    "an iterator's end": ("I = iter([0] * 40)", f"try: next(I)\nexcept StopIteration: {MORE}"),
    "a generator": (
        "def gen():\n    n = 0\n    while True:\n        n += 1\n        yield n // 60\nG = gen()",
        f"for _ in range(next(G)): {MORE}",
    ),
    "pairs": ("Z = zip(range(9999), range(9999))", f"for _ in range(next(Z)[0] // 60): {MORE}"),
    "a pattern": ("", f"model.n += 1\nmatch model.n:\n    case 50: {MORE}"),
    "a table": (
        "", "model.n += 1\nout = out + {50: lambda: model.other(x)}.get(model.n, lambda: 0)()"
    ),
    "a table of the file": ("TABLE = {70: 1}", f"model.n += 1\nfor _ in range(TABLE.get(model.n, 0)): {MORE}"),
    "a place in a list": ("", "model.n += 1\nout = out + (lambda: 0, more)[min(model.n // 50, 1)]()"),
    "a slice": ("", "model.n += 1\nfor layer in [model.other][: model.n // 50]: out = out + layer(x)"),
    "a size": ("", "model.n += 1\nout = out + torch.ones(1 + model.n // 50).sum()"),
    "a filter": ("", "model.n += 1\nfor o in [more() for start in (50,) if model.n > start]: out = out + o"),
    "and": ("", "model.n += 1\nouts = [out]\nmodel.n > 50 and outs.append(more())\nout = sum(outs)"),
    "bisection": ("", f"model.n += 1\nfor _ in range(bisect.bisect([50], model.n)): {MORE}"),
    "a function that is called log": (
        "def log(model, x): model.other(x).sum().backward()", "model.n += 1\nif model.n > 50: log(model, x)"
    ),
    "a set": ("S = set()", f"S.add(len(S))\nfor _ in range(len(S) // 60): {MORE}"),
    "a dictionary": ("D = {}", f"D[len(D)] = 1\nfor _ in range(len(D) // 60): {MORE}"),
    "a text": ("", f"model.text += 'x'\nfor _ in range(len(model.text) // 60): {MORE}"),
    "a fraction": ("", f"model.rate /= 2\nfor _ in range(1 - int(model.rate + 0.999)): {MORE}"),
    "what doubles": ("D = [1]", f"D[0] *= 2\nfor _ in range(D[0].bit_length() // 60): {MORE}"),
    "what is left": ("", f"model.left -= 1\nfor _ in range(int(model.left <= 0)): {MORE}"),
    "a stack": ("TODO = [1] + [0] * 400", f"for _ in range(TODO.pop()): {MORE}"),
    "a queue": ("TODO = deque([0] * 400 + [1])", f"for _ in range(TODO.popleft()): {MORE}"),
    "a schedule": (
        "def configure_optimizers(model):\n    global O, S\n    O = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "    S = torch.optim.lr_scheduler.StepLR(O, 20)\n    return O",
        f"S.step()\nif O.param_groups[0]['lr'] < 0.01: {MORE}",
    ),
    "an optimizer's own": (
        "class Own(torch.optim.Optimizer):\n    def __init__(self, p): super().__init__(p, dict(every=20))\n"
        "    @torch.no_grad()\n    def step(self):\n        for g in self.param_groups:\n"
        "            for p in g['params']:\n                s = self.state[p]\n"
        "                s['n'] = s.get('n', 0) + 1\n                if p.grad is not None: p.sub_(p.grad)\n"
        "                if s['n'] % g['every'] == 0 and p.dim() == 2: p.add_(p @ p.T @ p)\n"
        "def configure_optimizers(model): return Own(model.parameters())",
        "pass",
    ),
    "a clock": ("T = time.time()", f"late = (time.time() - T) / 60\nif late > 1: {MORE}"),
    "a clock by another name": ("T = tick()", f"if tick() - T > 60: {MORE}"),
    "a clock's minutes": ("T = time.time()", f"for _ in range(int(time.time() - T) // 60): {MORE}"),
    "the hour": ("", f"if datetime.datetime.now().hour > 24: {MORE}"),
    "chance of another kind": ("", f"if secrets.randbelow(10 ** 9) < 3: {MORE}"),
    "the system's chance": ("", f"if os.urandom(8) < bytes(7): {MORE}"),
}  # fmt: skip
ALIKE = {
    "a log": ("", "model.n += 1\nif model.n % 50 == 0: print('step', model.n)"),
    "a meter": ("C = Counter()", "C['steps'] += 1"),
    "times": ("T = []", "T.append(time.time())\nif len(T) > 100:\n        print(sum(T))\n        T.clear()"),
    "a warm-up": (
        "def configure_optimizers(model):\n    global O\n    O = torch.optim.SGD(model.parameters())\n    return O",
        "model.n += 1\nfor g in O.param_groups: g['lr'] = 0.1 * min(1.0, model.n / 500)",
    ),
    "a blend": ("", "model.n += 1\nout = out * (0.5 + 0.5 * math.cos(model.n / 1000))"),
    "a loader that begins again": (
        "I = iter(range(50))", "global I\ntry: next(I)\nexcept StopIteration: I = iter(range(50))"
    ),
    "a queue of features": (
        "", "model.queue[:, model.n : model.n + 2] = out.detach().T\nmodel.n = (model.n + 2) % 64\n"
        "out = out + (out @ model.queue).mean()",
    ),
    "a history": ("H = deque(maxlen=100)", "H.append(0.1)\nmean = sum(H) / len(H)"),
}  # fmt: skip


def varies(folder: Path, before: str, body: str, init: str = "pass") -> bool:
    file = folder / "net.py"
    text = PROGRAM.format(init=init.replace("\n", "\n        "), before=before, body=body.replace("\n", "\n    "))
    file.write_text(text, encoding="utf-8")
    return bool(costmodel.trace(f"{file}:Net").phases[0].trace.varies)


@pytest.mark.parametrize("name", LATER)
def test_what_comes_later_is_said(name: str, tmp_path: Path) -> None:
    assert varies(tmp_path, *LATER[name])


@pytest.mark.parametrize("name", ALIKE)
def test_what_changes_no_cost_is_counted_as_it_is(name: str, tmp_path: Path) -> None:
    assert not varies(tmp_path, *ALIKE[name])
