"""Each remark on a small trace made by hand: when it is made, what it says, and its bound from both sides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from costmodel.grading.notice import NoticeKind
from costmodel.grading.scrutiny.evasions import evasions
from costmodel.grading.scrutiny.remarks import remarks, weights_of
from costmodel.ir.tensor import Role, Storage
from costmodel.ir.trace import Parameter, Phase, Trace
from costmodel.ir.training import TracedPhase, Training
from tests.passes.traces import Maker, called, module, ref, relu

HIDDEN, EVADED = NoticeKind.HIDDEN, NoticeKind.EVADED
Said = list[tuple[NoticeKind, str]]


class Network:
    """x (0) times w (1) makes y (2), in the layer fc; more is added by hand."""

    def __init__(self, batch: int = 1) -> None:
        self.maker = Maker()
        self.given: set[int] = set()
        self.declared: list[Parameter] = []
        self.x = self.before(batch, 4, role=Role.INPUT)
        self.w = self.before(4, 5, role=Role.PARAMETER)
        self.y = self.maker.tensor(batch, 5)
        self.declared.append(Parameter(name="fc.w", tensor=self.w, trainable=True))
        self.op("mm.default", {"self": ref(self.x), "mat2": ref(self.w)}, self.y)
        self.result = self.y

    def before(self, *shape: int, role: Role = Role.BUFFER, dtype: str = "float32") -> int:
        """A tensor that is there before the step."""
        number = self.maker.tensor(*shape, role=role, dtype=dtype)
        self.given.add(number)
        return number

    def op(self, packet: str, arguments: dict[str, Any], *outputs: int | None, **more: Any) -> None:
        self.maker.op(packet, arguments, *outputs, **{"scope": "fc", **more})

    def trace(self, **more: Any) -> Trace:
        maker = self.maker
        storages = tuple(
            Storage(id=t.id, nbytes=t.nbytes, role=t.role, born=-1 if t.id in self.given else 0, died=None)
            for t in maker.tensors
        )
        given: dict[str, Any] = {
            "storages": storages, "inputs": (self.x,), "parameters": tuple(self.declared),
            "modules": (module("", "own.Net", leaf=False), module("fc", parameters=(self.w,))),
            "module_calls": (called("fc", (self.x,), (self.y,), 0, 1), called("", (self.x,), (self.result,), 0, len(maker.calls))),  # noqa: E501
        }  # fmt: skip
        return maker.trace(**(given | more))


def training(*traces: Trace, batch: int = 1) -> Training:
    phases = tuple(TracedPhase(name="t", batch=batch, steps=1, trace=trace, makes_state=False) for trace in traces)
    return Training(phases=phases)


def evaded(inference: Trace | None, of: Training | None = None) -> Said:
    return [(n.kind, n.message) for n in evasions(of or training(Network().trace()), inference)]


def remarked(trace: Trace, inference: Trace | None = None, batch: int = 1, of: NoticeKind = HIDDEN) -> Said:
    """The remarks of one kind."""
    return [(n.kind, n.message) for n in remarks(training(trace, batch=batch), inference) if n.kind is of]


def test_an_honest_network_gets_none() -> None:
    assert evaded(Network().trace()) == evaded(None) == []
    net = Network()
    relu(net.maker, 1, Phase.BACKWARD, "fc")
    assert remarks(training(net.trace()), Network().trace()) == ()


def test_products_outside_the_forward_and_ops_without_formula() -> None:
    net = Network()
    for phase in (Phase.PREPROCESS, Phase.OPTIMIZER, Phase.PREPROCESS):
        net.op("mm.default", {"self": ref(net.x), "mat2": ref(net.w)}, net.maker.tensor(1, 5), phase=phase)
    net.op("fft_a.default", {"self": ref(net.y)}, net.maker.tensor(5))
    for n in range(6):
        net.op(f"fft_{n}.default", {"self": ref(net.y)}, net.maker.tensor(5), scope="")
    listed = "aten.fft_a.default ×1 in fc, " + ", ".join(
        f"aten.fft_{n}.default ×1 in the model itself" for n in range(4)
    )
    uncounted = (EVADED, f"ops without a formula, whose work is in no figure: {listed}, …")
    outside = "multiply-accumulates outside the network's forward, where energy and cycles do not look"
    assert evaded(net.trace())[:2] == [(EVADED, f"{outside}: 20 in optimizer, 40 in preprocess"), uncounted]
    # where no inference is traced, a training's own products are no remark, but those of preprocess
    assert evaded(None, training(net.trace())) == [(EVADED, f"{outside}: 40 in preprocess"), uncounted]


def test_arithmetic_that_is_in_no_layer() -> None:
    for elements, said in ((20, []), (21, [(EVADED, "21 operations of the inference are in no layer that is mapped, beside 20 "  # noqa: E501
                                            "that are: energy and cycles leave them out")])):  # fmt: skip
        net = Network()
        # beside the product, whose own sums are in its layer
        relu(net.maker, elements)
        assert [s for s in evaded(net.trace()) if "in no layer" in s[1]] == said


def test_a_model_that_is_never_called() -> None:
    net = Network()
    lone = net.trace(module_calls=net.trace().module_calls[:1])
    assert evaded(lone) == [
        (EVADED, "the model itself is never called in the inference: its parts are, and nobody sees its forward")
    ]


def test_what_was_made_before_and_what_does_not_depend_on_the_input() -> None:
    for elements, said in ((32, []), (33, [(EVADED, "33 elements were made before the inference and are neither weights nor its "  # noqa: E501
                                            "input")])):  # fmt: skip
        net = Network()
        plain = net.before(elements, role=Role.TEMPORARY)
        part = net.maker.tensor(3, role=Role.TEMPORARY, storage=plain)
        net.op("view.default", {"self": ref(plain)}, part)
        assert [s for s in evaded(net.trace()) if "were made" in s[1]] == said
    net = Network()
    net.result = net.maker.tensor(1, 5)
    net.op("relu.default", {"self": ref(net.w)}, net.result)
    assert evaded(net.trace()) == [(EVADED, "the result of the inference does not depend on its input")]


def test_tables_that_are_no_parameters() -> None:
    def looked_up(table: str, index: str) -> Said:
        net = Network()
        tables = {"buffer": net.before(9, 4), "parameter": net.w, "input": net.x}
        indices = {"input": net.maker.tensor(2, dtype="int64"), "buffer": net.before(2, dtype="int64")}
        net.op("_to_copy.default", {"self": ref(net.x)}, indices["input"])
        call = {"self": ref(tables[table]), "dim": 0, "index": ref(indices[index])}
        net.op("index_select.default", call, net.maker.tensor(2, 4))
        return [said for said in evaded(net.trace()) if "indexed" in said[1]]

    message = "a table that is no parameter is indexed by data of the input: aten.index_select in fc"
    assert looked_up("buffer", "input") == [(HIDDEN, message)]
    assert looked_up("parameter", "input") == looked_up("input", "input") == looked_up("buffer", "buffer") == []


def test_activations_of_which_several_lie_in_one_element() -> None:
    def viewed(dtype: str, packet: str = "view.dtype", source: str = "y", phase: Phase = Phase.FORWARD) -> Said:
        net = Network()
        before = {"y": net.y, "w": net.w}[source]
        net.op(packet, {"self": ref(before)}, net.maker.tensor(1, 5, dtype=dtype, storage=before), phase=phase)
        return [said for said in evaded(net.trace()) if "several" in said[1]]

    message = "several activations may lie in one element, which counts as one: aten.view in fc"
    assert viewed("int64") == viewed("float16") == [(EVADED, message)]
    # a complex number of 64 bits is two of 32
    assert (
        viewed("int32")
        == viewed("complex64")
        == viewed("int64", source="w")
        == viewed("int64", phase=Phase.OPTIMIZER)
        == []
    )
    net = Network()
    net.op("bitwise_left_shift.Tensor", {"self": ref(net.y), "other": 8}, net.maker.tensor(1, 5))
    assert [s for s in evaded(net.trace()) if "several" in s[1]] == [
        (EVADED, message.replace("aten.view", "aten.bitwise_left_shift"))
    ]


def test_parameters_that_nobody_reads() -> None:
    net = Network()
    for n in range(6):
        idle = net.before(2, role=Role.PARAMETER)
        net.declared.append(Parameter(name=f"idle{n}", tensor=idle, trainable=True))
        net.op("t.default", {"self": ref(idle)}, net.maker.tensor(2, role=Role.PARAMETER, storage=idle))
    listed = ", ".join(f"idle{n}" for n in range(5))
    assert evaded(net.trace()) == [(EVADED, f"6 parameters are not read by the inference: {listed}, …")]


def test_an_op_that_holds_more_than_the_layers() -> None:
    # the layer holds 4 + 5 elements, one and a half times as much are 54 bytes
    for elements, said in (
        (8, []),
        (9, [(EVADED, "fc.cat of the inference holds 56 bytes, the peak activation of the training 36")]),
    ):
        net = Network()
        net.op("cat.default", {"a": ref(net.y)}, net.maker.tensor(1, elements))
        of = training(Network().trace(), replace(Network().trace(), module_calls=()))
        assert [s for s in evaded(net.trace(), of) if "holds" in s[1]] == said


def test_tensors_that_work_like_parameters() -> None:
    def plain(packet: str, name: str, *shape: int, role: Role = Role.TEMPORARY, buffer: bool = False) -> Said:
        net = Network()
        extra = net.before(*shape, role=role)
        net.op(packet, {"self": ref(net.y), name: ref(extra)}, net.maker.tensor(1, 5), scope="")
        buffers = (Parameter(name="running", tensor=extra, trainable=False),) if buffer else ()
        return remarked(net.trace(buffers=buffers))

    weight = "15 elements work like parameters but are not parameters"
    assert plain("mm.default", "mat2", 5, 3) == [
        (HIDDEN, f"{weight}: a plain tensor goes into aten.mm in the model itself")
    ]
    assert plain("mm.default", "mat2", 5, 3, role=Role.BUFFER, buffer=True) == [
        (HIDDEN, f"{weight}: buffer running is the weight of aten.mm in the model itself")
    ]
    for role in (Role.GRADIENT, Role.OPTIMIZER_STATE):
        assert plain("mm.default", "mat2", 5, 3, role=role) == []
    assert plain("add.Tensor", "other", 4096) == plain("add.Tensor", "other", 4097, role=Role.BUFFER, buffer=True) == []
    assert plain("add.Tensor", "other", 4097) == [
        (
            HIDDEN,
            "4097 elements work like parameters but are not parameters: a plain tensor goes into aten.add in the model itself",  # noqa: E501
        )
    ]
    net = Network()
    for n in range(6):
        net.op(
            "mm.default",
            {"self": ref(net.y), "mat2": ref(net.before(5, n + 1))},
            net.maker.tensor(1, n + 1),
            scope=f"l{n}",
        )
    shown = "; ".join(f"a plain tensor goes into aten.mm in l{n}" for n in range(5))
    assert remarked(net.trace()) == [(HIDDEN, f"105 elements work like parameters but are not parameters: {shown}; …")]
    # what both traces have is said once
    assert remarked(net.trace(), net.trace()) == remarked(net.trace())


def test_large_literals() -> None:
    def literals(*sizes: int) -> Said:
        net = Network()
        for size in sizes:
            net.op(
                "lift_fresh.default", {"self": ref(net.maker.tensor(size, role=Role.TEMPORARY))}, net.maker.tensor(size)
            )
        return remarked(net.trace())

    assert literals(4096) == literals(4000, 96) == []
    message = "4097 elements work like parameters but are not parameters: a literal becomes a tensor in fc"
    assert literals(4097) == literals(4000, 97) == [(HIDDEN, message)]


def test_layers_that_are_not_trained() -> None:
    net = Network()
    relu(net.maker, 3, Phase.BACKWARD, "other")
    said = [(NoticeKind.UNTRAINED, "1 layers work but are not trained: fc")]
    untrained = NoticeKind.UNTRAINED
    assert remarked(net.trace(), of=untrained) == remarked(Network().trace(), of=untrained) == said
    frozen = net.trace(parameters=(replace(net.declared[0], trainable=False),))
    assert remarked(frozen, of=untrained) == []
    relu(net.maker, 3, Phase.BACKWARD, "fc")
    assert remarked(net.trace(), of=untrained) == []


def test_gradients_that_never_ran_forward() -> None:
    def gradients(forward: int, backward: int, scope: str = "conv") -> Said:
        net = Network()
        relu(net.maker, 1, Phase.BACKWARD, "fc")
        x, w = net.maker.tensor(1, 3, 8, 8), net.maker.tensor(4, 3, 3, 3)
        out = net.maker.tensor(1, 4, 6, 6)
        for _ in range(forward):
            net.op("convolution.default", {"input": ref(x), "weight": ref(w)}, out, scope=scope)
        for _ in range(backward):
            net.op("convolution_backward.default", {"grad_output": ref(out), "input": ref(x), "weight": ref(w)}, x, w, None,  # noqa: E501
                   scope=scope, phase=Phase.BACKWARD)  # fmt: skip
        return remarked(net.trace(), of=NoticeKind.UNMATCHED)

    assert gradients(1, 1) == gradients(2, 1) == []
    assert gradients(1, 2) == [(NoticeKind.UNMATCHED, "gradients of convolutions that never ran forward: conv")]
    assert gradients(0, 1, "")[0][1].endswith("forward: the model itself")


def test_a_training_that_does_other_work_than_the_inference() -> None:
    def compared(inference: Trace) -> Said:
        return remarked(Network(batch=3).trace(), inference, batch=3, of=NoticeKind.ASYMMETRIC)

    assert compared(Network().trace()) == []
    assert compared(Network(batch=2).trace()) == [
        (NoticeKind.ASYMMETRIC, "60 multiply-accumulates forward in training, 120 for the same samples in inference")
    ]
    idle = Network()
    idle.maker.calls.clear()
    relu(idle.maker, 3)
    assert compared(idle.trace()) == [
        (NoticeKind.ASYMMETRIC, "60 multiply-accumulates forward in training, 0 for the same samples in inference")
    ]
    assert compared(_one_product((1, 2), (2, 10))) == [
        (
            NoticeKind.ASYMMETRIC,
            "the layers have other shapes in training than in inference, with the same multiply-accumulates",
        )
    ]
    assert compared(_one_product((5, 4), (4, 1), turned=True)) == [], "samples in columns instead of rows"
    made = Network()
    made.op("mm.default", {"self": ref(made.w), "mat2": ref(made.before(5, 7))}, made.maker.tensor(4, 7))
    assert compared(made.trace()) == [], "weights are made of others once, whatever the batch"


def _one_product(left: tuple[int, int], right: tuple[int, int], *, turned: bool = False) -> Trace:
    """An inference whose only work is a product of what is made of x with something else, or the other way round."""
    net = Network()
    net.maker.calls.clear()
    a, b = net.maker.tensor(*left), net.maker.tensor(*right)
    net.op("view.default", {"self": ref(net.x)}, b if turned else a)
    net.op("mm.default", {"self": ref(a), "mat2": ref(b)}, net.maker.tensor(left[0], right[1]))
    return net.trace()


def test_weights_are_what_the_op_takes_them_as() -> None:
    net = Network()
    call = net.trace().calls[0]
    assert weights_of(call) == {net.x, net.w}
    assert weights_of(replace(call, arguments=(call.arguments[0], ("out", ref(net.w))))) == {net.x}
    assert weights_of(replace(call, op="aten.add.Tensor")) == set()
