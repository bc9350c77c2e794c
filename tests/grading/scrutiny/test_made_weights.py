"""Weights that a network makes itself, of what they are made, on small traces made by hand."""

from __future__ import annotations

from tests.grading.scrutiny.test_each_remark import HIDDEN, Network, Said, evaded
from tests.passes.traces import ref


def test_weights_that_are_not_made_from_a_parameter() -> None:
    def made(of: str) -> Said:
        net = Network()
        buffer = net.before(4, 5)
        source = {"buffer": buffer, "parameter": net.w, "input": net.x}[of]
        weight = net.maker.tensor(4, 5)
        net.op("relu.default", {"self": ref(source)}, weight)
        net.op("mm.default", {"self": ref(net.x), "mat2": ref(weight)}, net.maker.tensor(1, 5), scope="")
        return [said for said in evaded(net.trace()) if said[0] is HIDDEN]

    message = "weights that are not made from a parameter: aten.mm in the model itself"
    assert made("buffer") == [(HIDDEN, message)]
    assert made("parameter") == made("input") == []


def test_weights_of_more_numbers_than_parameters() -> None:
    def made(columns: int, *, drawn: bool = False, width: int = 0) -> Said:
        net = Network()
        numbers = net.maker.tensor(4, columns) if drawn else net.before(4, columns)
        if drawn:
            net.op("randn.default", {"size": (4, columns)}, numbers)
        weight = net.maker.tensor(4, width or columns)
        net.op("mul.Tensor", {"self": ref(numbers), "other": ref(net.w)}, weight)
        net.op("mm.default", {"self": ref(net.x), "mat2": ref(weight)}, net.maker.tensor(1, width or columns))
        return [said for said in evaded(net.trace()) if "more numbers" in said[1]]

    message = "weights that are made of more numbers that are no parameters: aten.mm in fc"
    said = [(HIDDEN, f"{message} (36 elements, and 20 of parameters)")]
    assert made(9) == made(9, drawn=True) == made(9, width=18) == said
    assert made(8) == [], "a few numbers are nobody's network"
    assert made(9, width=19) == [], "most of such a weight comes from the parameters"
