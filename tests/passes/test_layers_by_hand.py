"""Activations of a layer on traces made by hand: arguments, weights, buffers, views, what is taken, what is left."""

from __future__ import annotations

from costmodel.ir.tensor import Role
from costmodel.ir.trace import Phase
from costmodel.passes.layers import LayerCall, layer_calls, looks_at_kept, op_name
from tests.passes.traces import Maker, called, module, ref


def test_ops_outside_any_layer() -> None:
    maker = Maker()
    x, w = maker.tensor(4, 3, role=Role.INPUT), maker.weight(3, 5)
    y, made, buffer = maker.tensor(4, 5), maker.tensor(3, 5), maker.weight(4, 5, role=Role.BUFFER)
    view = maker.tensor(5, 3, role=Role.PARAMETER, storage=w)
    maker.op("t.default", {"self": ref(w)}, view)
    maker.op("mm.default", {"self": ref(x), "mat2": ref(w)}, y, where="net.py:3")
    maker.op("relu.default", {"self": ref(w)}, made, scope="head")
    maker.op("relu_.default", {"self": ref(buffer)}, buffer)
    maker.op("copy_.default", {"self": ref(buffer), "src": ref(y)}, buffer)
    maker.op("add.Tensor", {"self": ref(buffer), "other": ref(buffer)}, None, y)
    maker.op("relu.default", {"self": ref(y)}, y, phase=Phase.LOSS)
    assert list(layer_calls(maker.trace(inputs=(x,)))) == [
        # a view of a weight is no layer, and a weight no activation
        LayerCall(name="mm", where="net.py:3", inputs=(x,), outputs=(y,)),
        LayerCall(name="head.relu", where="", inputs=(), outputs=(made,)),
        # a buffer is one as soon as data of the batch is put into it
        LayerCall(name="relu_", where="", inputs=(), outputs=()),
        LayerCall(name="copy_", where="", inputs=(y,), outputs=(buffer,)),
        LayerCall(name="add", where="", inputs=(buffer,), outputs=(y,)),
    ]
    trace = maker.trace()
    assert [looks_at_kept(call, trace) for call in trace.calls[:3]] == [True, False, False]
    assert op_name(trace.calls[2]) == "head.relu"


def test_a_module_that_takes_and_leaves_more_than_its_arguments() -> None:
    maker = Maker()
    x, held, w = maker.tensor(4, 3, role=Role.INPUT), maker.tensor(4, 3), maker.weight(3, 5)
    inside, out, left, idle = maker.tensor(4, 5), maker.tensor(4, 5), maker.tensor(4, 5), maker.tensor(4, 5)
    part = maker.tensor(4, 2, storage=held)
    maker.op("relu.default", {"self": ref(x)}, held)
    maker.op("slice.Tensor", {"self": ref(held)}, part, scope="fc")  # only a view
    maker.op("add.Tensor", {"self": ref(held), "other": ref(part)}, inside, scope="fc")
    maker.op("mm.default", {"self": ref(x), "mat2": ref(w)}, out, scope="fc")
    maker.op("relu.default", {"self": ref(inside)}, left, scope="fc")
    maker.op("relu.default", {"self": ref(inside)}, idle, scope="fc")
    maker.op("add.Tensor", {"self": ref(out), "other": ref(left)}, maker.tensor(4, 5))
    call = called("fc", (x, w), (out,), 1, 6, where="net.py:7")
    layers = list(layer_calls(maker.trace(inputs=(x,), modules=(module("fc", parameters=(w,)),), module_calls=(call,))))
    # taken: what the batch has left in memory that is not handed in; left: what somebody reads later
    assert layers[0] == LayerCall(name="fc", where="net.py:7", inputs=(x, held), outputs=(out, left))
    assert [layer.name for layer in layers[1:]] == ["relu", "add"]


def test_a_leaf_of_the_programs_own_with_two_nests_is_no_layer() -> None:
    def layers(kind: str, products: int, leaf: bool = True) -> list[str]:
        maker = Maker()
        x, w = maker.tensor(4, 4, role=Role.INPUT), maker.weight(4, 4)
        last = x
        for _ in range(products):
            before, last = last, maker.tensor(4, 4)
            maker.op("mm.default", {"self": ref(before), "mat2": ref(w)}, last, scope="own")
        call = called("own", (x,), (last,), 0, products)
        trace = maker.trace(inputs=(x,), modules=(module("own", kind, leaf=leaf),), module_calls=(call,))
        return [layer.name for layer in layer_calls(trace)]

    assert layers("net.Own", 1) == layers("torch.nn.modules.rnn.LSTM", 2) == ["own"]
    assert layers("net.Own", 2) == layers("own.torch.nn.modules.rnn.LSTM", 2) == ["own.mm", "own.mm"]
    assert layers("net.Own", 1, leaf=False) == ["own.mm"]
