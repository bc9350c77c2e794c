"""What torch names in a trace and never needs is not imported; whoever needs it later has the real thing."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from torch.fx.experimental import symbolic_shapes

from costmodel.tracing import deferred

ROOT = Path(__file__).parents[2]


def _printed(code: str, folder: Path = ROOT) -> list[str]:
    """What a fresh process prints, line by line."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


_AFTERWARDS = """
import sys, torch, costmodel
trace = lambda: costmodel.analyze("examples/zoo/lenet.py:LeNet5", optimizer="adamw", batch=2, cache=False)
before = trace()
heavy = ("sympy.core", "torch._dynamo.eval_frame", "torch._inductor", "torch.onnx", "torch.distributed.tensor")
print([name for name in heavy if name in sys.modules])

from sympy import Symbol
class Doubled(Symbol):
    pass
print(Doubled("x") * 2)

from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.symbolic_shapes import DimDynamic, ShapeEnv, StatelessSymbolicContext
import torch.fx.experimental.symbolic_shapes as shapes
plain, sizes = torch.ones(4, 6), StatelessSymbolicContext(dynamic_sizes=[DimDynamic.DYNAMIC] * 2)
with FakeTensorMode(shape_env=ShapeEnv()) as mode:
    symbolic = mode.from_tensor(plain, symbolic_context=sizes)
    size = (symbolic + symbolic).reshape(-1).shape[0]
    print(type(size).__name__, len(shapes.free_symbols(size)), shapes.guard_or_false(size == 24))

held = torch._dynamo
torch._dynamo.config.suppress_errors = True
import torch._dynamo.eval_frame
print(held.config.suppress_errors, type(torch._dynamo.disable(len)).__name__, torch._dynamo.eval_frame.__name__)
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.AdamW(model.parameters())
compiled = torch.compile(model, backend="eager", fullgraph=True)
compiled(torch.ones(1, 3)).sum().backward()
optimizer.step()
kept_out = torch.optim.Optimizer.add_param_group.__wrapped__
print(torch.equal(compiled(torch.ones(1, 3)), model(torch.ones(1, 3))), kept_out.__dynamo_disable is not kept_out)

import torch.distributed as dist
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor, init_device_mesh
dist.init_process_group("gloo", rank=0, world_size=1, store=dist.HashStore())
mesh = init_device_mesh("cpu", (1,))
a, b = torch.randn(4, 6), torch.randn(6, 5)
sharded = distribute_tensor(a, mesh, [Shard(0)])
weights = distribute_tensor(b, mesh, [Replicate()]).requires_grad_()
product = (sharded @ weights).relu()
product.sum().backward()
print(type(product) is DTensor, type(weights.grad) is DTensor, torch.equal(product.full_tensor(), (a @ b).relu()))
class Tagged(DTensor):
    pass
print(isinstance(product, DTensor), isinstance(a, DTensor), type(product.view(20)) is DTensor)
dist.destroy_process_group()
print(trace() == before)
"""


def test_what_a_trace_leaves_out_is_whole_for_who_comes_after() -> None:
    assert _printed(_AFTERWARDS) == [
        "[]",
        "2*x",
        "SymInt 2 True",
        "True function torch._dynamo.eval_frame",
        "True True",
        "True True True",
        "True False True",
        "True",
    ]


def test_a_function_that_torch_compiles_in_a_trace_runs_as_written(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        textwrap.dedent("""
        import torch
        import torch._dynamo
        from torch import nn

        class Net(nn.Sequential):
            def __init__(self):
                super().__init__(nn.Flatten(), nn.Linear(48, 10))

        class Fast(Net):
            def forward(self, x):
                return torch._dynamo.optimize("eager")(super().forward)(x)
        """)
    )
    code = """
    import costmodel
    plain, fast = (costmodel.analyze(f"net.py:{name}", input="3x4x4", batch=2, cache=False) for name in ("Net", "Fast"))
    print(plain.ops == fast.ops)
    """
    assert _printed(code, tmp_path) == ["True"]


def test_what_arrives_in_a_trace_keeps_no_tensor_alive(tmp_path: Path) -> None:
    """Frames that an import leaves behind would hold what the forward pass has in its hands."""
    (tmp_path / "net.py").write_text(
        textwrap.dedent("""
        from torch import nn
        from torch.utils.checkpoint import checkpoint

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.stem, self.one, self.head = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.Linear(64, 10)

            def forward(self, x):
                x = self.stem(x)
                self.look(x)
                return self.head(checkpoint(self.one, x * 2, use_reentrant=False).flatten(1))

            def look(self, x):
                pass

        class Asking(Net):
            def look(self, x):
                import torch._dynamo.eval_frame
        """)
    )
    code = """
    import sys, costmodel
    trace = lambda name: costmodel.trace(f"net.py:{name}", input="3x8x8", batch=2)
    plain = trace("Net")
    print("torch._dynamo.eval_frame" in sys.modules, trace("Net") == plain)
    first = trace("Asking")
    print("torch._dynamo.eval_frame" in sys.modules, trace("Asking") == first)
    print([s.died for s in first.phases[0].trace.storages] == [s.died for s in plain.phases[0].trace.storages])
    """
    assert _printed(code, tmp_path) == ["False True", "True True", "True"]


_PLAIN = (True, False, 3, 0, 2.5, (2, 3), [2, 3], torch.Size([2, 3]), (2, 4), torch.ones(2, 3), [torch.ones(1), 4])


@pytest.mark.filterwarnings("ignore")  # torch deprecates one of them
@pytest.mark.parametrize("name", sorted({*deferred._CONDITIONS, *deferred._OF_ANYTHING, *deferred._SIZES}))
def test_what_is_answered_without_symbolic_shapes_is_what_it_answers(name: str) -> None:
    real, ours = getattr(symbolic_shapes, name), deferred._KNOWN[deferred.SYMBOLS][name]

    def outcome(function: object, *given: object) -> object:
        try:
            answer = function(*given)  # type: ignore[operator]
        except Exception as error:
            return type(error)
        return (type(answer), answer) if isinstance(answer, (bool, int, float)) else len(answer)

    taken = (
        [(a,) for a in _PLAIN]
        if name not in ("sym_and", "sym_or")
        else [(a, b) for a in _PLAIN[:2] for b in _PLAIN[:2]]
    )
    answers = [(given, outcome(real, *given), outcome(ours, *given)) for given in taken]
    accepted = [(given, theirs, mine) for given, theirs, mine in answers if not isinstance(theirs, type)]
    assert accepted
    assert [row for row in accepted if row[1] != row[2]] == []


def test_sizes_are_equal_as_symbolic_shapes_has_them() -> None:
    ours = deferred._KNOWN[deferred.SYMBOLS]["sym_eq"]
    pairs = [(2, 2), (2, 3), ((2, 3), [2, 3]), ((2, 3), (2, 4)), ((2,), (2, 2)), (((1, 2), 3), ([1, 2], 3)), ((), ())]
    assert [ours(a, b) for a, b in pairs] == [symbolic_shapes.sym_eq(a, b) for a, b in pairs]
    with pytest.raises(AssertionError):
        ours((1, 2), 3)


def test_a_program_that_asks_a_stand_in_as_people_do_has_the_real_module() -> None:
    """Each asks in a fork of a process that has traced: what one has loaded, another one has not."""
    asked = {
        "import sympy, importlib.metadata as m; print(sympy.__version__ == m.version('sympy'))": ["True"],
        "from sympy import *; print(expand((Symbol('x') + 1) ** 2))": ["x**2 + 2*x + 1"],
        "import sympy; print('Symbol' in dir(sympy), 'solve' in dir(sympy))": ["True True"],
        "import sympy.solvers; print(sympy.solvers.solve.__module__)": ["sympy.solvers.solvers"],
    }
    begin = "import os, costmodel, torch\ncostmodel.analyze(torch.nn.Linear(2, 2), input=(2,))\n"
    each = "os.fork() or (exec({!r}), os._exit(0))\nassert os.wait()[1] == 0\n"
    code = begin + "".join(each.format(f"{one}; import sys; sys.stdout.flush()") for one in asked)
    assert _printed(code) == [line for lines in asked.values() for line in lines]
