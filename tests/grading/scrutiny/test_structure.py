"""Every rule of a trace's structure, broken once, and its bounds kept: a small trace made by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from costmodel.errors import CostModelError, ForgedError
from costmodel.grading.scrutiny import structure
from costmodel.grading.scrutiny.structure import check_structure
from costmodel.ir.doubts import Assumption
from costmodel.ir.tensor import Role, Storage
from costmodel.ir.trace import Parameter, Trace
from tests.passes.traces import Maker, called, module, ref


def storage(number: int, nbytes: int, role: Role, born: int, died: int | None = None) -> Storage:
    return Storage(id=number, nbytes=nbytes, role=role, born=born, died=died)


def small() -> Trace:
    """x (0), w (1), a buffer (2); y = relu(x) (3), z = mul(y, w) (4), a literal (5); y dies after its reader."""
    maker = Maker()
    x, w = maker.tensor(2, 3, role=Role.INPUT), maker.weight(2, 3)
    buffer, y, z = maker.weight(4, role=Role.BUFFER), maker.tensor(2, 3), maker.tensor(2, 3)
    literal = maker.tensor(role=Role.TEMPORARY)
    maker.op("relu.default", {"self": ref(x)}, y, scope="fc", where="net.py:1")
    maker.op("mul.Tensor", {"self": ref(y), "other": ref(w)}, z, scope="fc")
    maker.op("mul.Tensor", {"self": ref(z), "other": ref(literal)}, z)
    activation = Role.ACTIVATION
    return maker.trace(
        storages=(
            storage(0, 24, Role.INPUT, -1), storage(1, 24, Role.PARAMETER, -1), storage(2, 16, Role.BUFFER, -1),
            storage(3, 24, activation, 0, 2), storage(4, 24, activation, 1), storage(5, 0, Role.TEMPORARY, 0),
        ),
        modules=(module("", "own.Net", leaf=False), module("fc", parameters=(w,), buffers=(buffer,))),
        module_calls=(called("fc", (x,), (z,), 0, 2, where="net.py:2"),),
        parameters=(Parameter(name="fc.w", tensor=w, trainable=True),),
        buffers=(Parameter(name="fc.b", tensor=buffer, trainable=False),), inputs=(x,), optimizer="SGD",
        provenance={"torch": "2.13.0+cpu"[:6]},
        assumptions=(Assumption(what="w", where="net.py:3"),),
    )  # fmt: skip


def item(field: str, index: int, **changes: Any) -> Callable[[Trace], Trace]:
    def change(trace: Trace) -> Trace:
        items = list(getattr(trace, field))
        items[index] = replace(items[index], **changes)
        changed: dict[str, Any] = {field: tuple(items)}
        return replace(trace, **changed)

    return change


def whole(**changes: Any) -> Callable[[Trace], Trace]:
    return lambda trace: replace(trace, **changes)


LONG = "n" * 400


@pytest.mark.parametrize(
    "change",
    [
        whole(), whole(step_starts=(0, 2)), whole(step_starts=(0, 3, 3)), whole(optimizer=LONG), whole(provenance={"torch": "9" * 31}),  # noqa: E501
        whole(assumptions=(Assumption(what="w" * 3990, where="n" * 10),)),
        item("calls", 0, where=LONG), item("calls", 0, scope="<loss>"), item("module_calls", 0, where=LONG),
        item("module_calls", 0, first=3, last=3), item("storages", 4, died=3), item("storages", 3, nbytes=24),
        item("storages", 4, nbytes=16 * 2**46), item("tensors", 2, device="meta"), item("storages", 5, born=3),
        lambda t: replace(item("tensors", 2, shape=(1,) * 32)(t)), item("tensors", 2, shape=(2**46,)),
        item("tensors", 2, shape=(0,)), item("parameters", 0, name=f"fc.{'n' * 397}"),
        # memory that a parameter had before its first update
        item("storages", 1, born=0, died=0),
    ],
)  # fmt: skip
def test_what_can_be_a_trace(change: Callable[[Trace], Trace]) -> None:
    check_structure(change(small()))


def with_call(index: int, **changes: Any) -> Callable[[Trace], Trace]:
    return item("calls", index, **changes)


OTHER_ROLE = "its role is not its memory's"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (item("storages", 2, id=3), "storage 2: its id is 3"),
        (item("storages", 2, nbytes=-1), "storage 2: -1 bytes"),
        (item("storages", 2, nbytes=16 * 2**46 + 1), "storage 2: 1125899906842625 bytes"),
        (item("storages", 2, born=-2), "storage 2: born at call -2"),
        (item("storages", 2, born=4), "storage 2: born at call 4"),
        (item("storages", 2, died=4), "storage 2: died at call 4"),
        (item("storages", 2, died=-1), "storage 2: died at call -1"),
        (item("storages", 4, died=0), "storage 4: died at call 0"),
        (item("tensors", 2, id=1), "tensor 2: its id is 1"),
        (item("tensors", 2, storage=6), "tensor 2: no storage 6"),
        (item("tensors", 2, storage=-1), "tensor 2: no storage -1"),
        (item("tensors", 2, shape=(1,) * 33), "tensor 2: 33 dimensions"),
        (item("tensors", 2, shape=(-1,)), "tensor 2: a size out of range"),
        (item("tensors", 2, shape=(2**46 + 1,)), "tensor 2: a size out of range"),
        (item("tensors", 2, shape=(2**46, 2)), "tensor 2: 140737488355328 elements"),
        (item("tensors", 2, dtype="float3"), "unknown element type"),
        (item("tensors", 2, device="cuda:0"), "tensor 2: device 'cuda:0'"),
        (item("tensors", 2, role=Role.PARAMETER), f"tensor 2: {OTHER_ROLE}"),
        (lambda t: replace(t, storages=(*t.storages, storage(6, 0, Role.INPUT, -1))), "storage 6: no tensor lies in it"),  # noqa: E501
        (whole(modules=()), "modules: a path twice, or no model"),
        (lambda t: replace(t, modules=(*t.modules, t.modules[1])), "modules: a path twice, or no model"),
        (item("modules", 1, type="n" * 401), "module 'fc': a name that is not printable or too long"),
        (item("modules", 1, attributes={"a\x1b": 1}), "module 'fc': a name that is not printable or too long"),
        (item("modules", 1, parameters=(6,)), "module fc: an unknown tensor"),
        (item("modules", 1, buffers=(-1,)), "module fc: an unknown tensor"),
        (lambda t: replace(t, modules=(*t.modules, module("a.b"))), "module a.b: its parent is not there"),
        (lambda t: replace(t, modules=(*t.modules, module("fc.x"))), "module fc: a leaf with modules inside"),
        (lambda t: replace(t, parameters=t.parameters * 2), "two parameters of one name"),
        (lambda t: replace(t, buffers=t.buffers * 2), "two buffers of one name"),
        (item("parameters", 0, name="fc.w\n"), "parameter 'fc.w\\n': a name that is not printable or too long"),
        (item("parameters", 0, tensor=6), "parameter fc.w: tensor 6 does not exist"),
        (item("parameters", 0, name="gone.w"), "parameter gone.w: no such module"),
        (item("modules", 1, parameters=()), "parameter fc.w: no module owns it"),
        (item("storages", 1, born=0), "parameter fc.w: made during the step"),
        (item("storages", 2, born=0), "buffer fc.b: made during the step"),
        (with_call(0, op="aten.relu"), "call 0: 'aten.relu' is not an op"),
        (with_call(0, scope="gone"), "call 0: no module 'gone'"),
        (with_call(0, where="n" * 401), "call 0: the line that makes it"),
        (with_call(0, arguments=(("self", ref(0)), ("self", 1))), "call 0: an argument twice"),
        (with_call(0, arguments=(("self", ref(6)),)), "call 0: a tensor that does not exist"),
        (with_call(0, outputs=(3, 6)), "call 0: a tensor that does not exist"),
        (lambda t: replace(t, module_calls=t.module_calls * 2), "leaves that lie in one another"),
        (item("module_calls", 0, path="gone"), "call of module 'gone': no such module"),
        (item("module_calls", 0, where="\x1b"), "call of module 'fc': the line that makes it"),
        (item("module_calls", 0, first=-1), "call of module 'fc': its range of calls"),
        (item("module_calls", 0, first=2, last=1), "call of module 'fc': its range of calls"),
        (item("module_calls", 0, first=3, last=4), "call of module 'fc': its range of calls"),
        (item("module_calls", 0, inputs=(6,)), "call of module 'fc': an unknown tensor"),
        (item("module_calls", 0, outputs=(-1,)), "call of module 'fc': an unknown tensor"),
        (with_call(0, outputs=(None,)), "call 1, aten.mul.Tensor: reads tensor 3, which nothing has made"),
        (item("storages", 3, died=1), "call 1, aten.mul.Tensor: reads tensor 3, which is gone"),
        (item("storages", 5, nbytes=4), "call 2, aten.mul.Tensor: reads tensor 5, which nothing has made"),
        (item("storages", 3, nbytes=23), "call 0, aten.relu.default: its result is larger than its memory"),
        (whole(step_starts=(1, 2)), "several steps, of which the first begins late"),
        (whole(step_starts=(0, 3, 2)), "steps that begin out of order"),
        (whole(step_starts=(0, 4)), "steps that begin out of order"),
        (whole(first_starts=(0, 1)), "steps that begin out of order"),
        (whole(assumptions=(Assumption(what="w" * 3991, where="n" * 10),)), "an assumption that is not printable or too long"),  # noqa: E501
        (whole(varies=(Assumption(what="\x1b", where=""),)), "an assumption that is not printable or too long"),
        (whole(optimizer="n" * 401), "the name of its optimizer"),
        (whole(provenance={}), "its provenance"),
        (whole(provenance={"torch": "2", "clock": "3"}), "its provenance"),
        (whole(provenance={"torch": "9" * 32}), "its provenance"),
        (whole(provenance={"torch": "v2"}), "its provenance"),
        (whole(inputs=(6,)), "inputs: a tensor that does not exist"),
        # a name is shown up to its sixtieth character, a device's up to its twentieth
        (item("tensors", 2, device="d" * 25), f"tensor 2: device {'d' * 20!r}"),
        (item("modules", 1, path="fc" + "m" * 400), f"module {'fc' + 'm' * 58!r}: a name that is not"),
        (item("parameters", 0, name="p" * 401), f"parameter {'p' * 60!r}: a name that is not"),
        (with_call(0, op="o" * 70), f"call 0: {'o' * 60!r} is not an op"),
        (with_call(0, scope="s" * 70), f"call 0: no module {'s' * 60!r}"),
        (item("module_calls", 0, path="m" * 70), f"call of module {'m' * 60!r}: no such module"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_trace(change: Callable[[Trace], Trace], said: str) -> None:
    with pytest.raises(CostModelError) as caught:
        check_structure(change(small()))
    assert str(caught.value).startswith(said)


def test_how_much_a_trace_may_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    bounds = {
        "MOST_CALLS": 100_000, "MOST_MODULE_CALLS": 50_000, "MOST_TENSORS": 400_000, "MOST_OPERANDS": 1_000_000,
        "LITERAL_ELEMENTS": 4096,
    }  # fmt: skip
    assert {name: getattr(structure, name) for name in bounds} == bounds
    # calls of the first update and of the variants are calls too
    trace = replace(small(), first_update=small().calls[:1], variants=(small().calls[:1],))
    for name, most, said in (
        ("MOST_CALLS", 5, "more than 4 calls"), ("MOST_MODULE_CALLS", 1, "more than 0 calls of modules"),
        ("MOST_TENSORS", 6, "more than 5 tensors"), ("MOST_OPERANDS", 12, "its calls read and make more than 11 tensors"),  # noqa: E501
    ):  # fmt: skip
        with monkeypatch.context() as patched:
            patched.setattr(structure, name, most)
            check_structure(trace)
            patched.setattr(structure, name, most - 1)
            with pytest.raises(ForgedError, match=said):
                check_structure(trace)
