"""Work on complex tensors, against torch's own numbers and against four executed real nests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from costmodel.ir.tensor import TensorMeta
from costmodel.ops import lookup
from costmodel.ops.complex_number import ComplexNumber
from costmodel.ops.complex_numbers import complex_work
from costmodel.ops.formula import UnknownFormError
from costmodel.ops.nest_program import contract
from costmodel.ops.number import Number, Tally

Z = {"add": (2, 0, 0, 0), "sub": (2, 0, 0, 0), "mul": (2, 4, 0, 0), "div": (3, 6, 2, 0), "abs": (1, 2, 0, 1)}
"""(adds, multiplies, divides, roots) of one element, both operands complex."""


def meta(*shape: int, dtype: str = "complex64") -> TensorMeta:
    return TensorMeta(shape, dtype)


def program(packet: str) -> Any:
    entry = lookup(packet)
    assert entry is not None
    assert entry.scalar_program is not None
    return entry.scalar_program


def pair(value: complex, tally: Tally) -> ComplexNumber:
    return ComplexNumber(tally.number(value.real), tally.number(value.imag))


def plain(value: Any) -> complex:
    if isinstance(value, ComplexNumber):
        return complex(value.real.value, value.imag.value)
    return complex(value.value if isinstance(value, Number) else value)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "abs"])
def test_a_program_on_complex_numbers_is_the_op_and_its_count(name: str) -> None:
    a, b, tally = 1.5 - 2j, -0.25 + 3j, Tally()
    arguments = {"self": pair(a, tally), "other": pair(b, tally)}
    if name == "abs":
        del arguments["other"]
    result = program(f"aten.{name}")(**arguments)
    operands = [torch.tensor(x, dtype=torch.complex128) for x in (a, b)][: len(arguments)]
    assert plain(result) == pytest.approx(getattr(torch, name)(*operands).item())
    ops = tally.scalar_ops()
    assert (ops.add, ops.multiply, ops.divide, ops.transcendental) == Z[name]
    entry = lookup(f"aten.{name}")
    assert entry is not None
    metas = dict.fromkeys(arguments, meta(2, 3))
    assert complex_work(entry, metas, meta(2, 3)).scalar_ops == ops * 6


@pytest.mark.parametrize(
    ("other", "adds", "multiplies"),
    [(meta(5), 2, 4), (meta(5, dtype="float32"), 0, 2), (2.0, 0, 2), (1 + 2j, 2, 4)],
)
def test_a_real_factor_stays_real(other: Any, adds: int, multiplies: int) -> None:
    entry = lookup("aten.mul")
    assert entry is not None
    ops = complex_work(entry, {"self": meta(5), "other": other}, meta(5)).scalar_ops
    assert (ops.add, ops.multiply) == (5 * adds, 5 * multiplies)


def test_a_reciprocal_is_that_of_the_conjugate() -> None:
    tally = Tally()
    result = program("aten.reciprocal")(self=pair(2 - 3j, tally))
    assert plain(result) == pytest.approx(1 / (2 - 3j))
    ops = tally.scalar_ops()
    assert (ops.add, ops.multiply, ops.divide) == (1, 2, 2)


def test_a_product_is_four_real_ones_and_the_adds_that_join_them() -> None:
    generator = np.random.default_rng(0)
    a, b = (generator.normal(size=s) + 1j * generator.normal(size=s) for s in ((2, 5), (5, 3)))
    tally = Tally()
    parts = {name: _numbers(x, tally) for name, x in {"a": a.real, "b": a.imag, "c": b.real, "d": b.imag}.items()}

    def product(left: str, right: str) -> Any:
        return contract("nk,km->nm", parts[left], parts[right])

    real = product("a", "c") - product("b", "d")
    imag = product("a", "d") + product("b", "c")
    mine = np.vectorize(lambda x: x.value)(real) + 1j * np.vectorize(lambda x: x.value)(imag)
    np.testing.assert_allclose(mine, a @ b)
    entry = lookup("aten.mm")
    assert entry is not None
    work = complex_work(entry, {"self": meta(2, 5), "mat2": meta(5, 3)}, meta(2, 3))
    assert work.macs == 4 * 2 * 5 * 3
    assert work.scalar_ops == tally.scalar_ops()


def _numbers(x: Any, tally: Tally) -> Any:
    return np.vectorize(tally.number, otypes=[object])(x)


def test_sums_add_both_parts_and_a_mean_divides_both() -> None:
    entry = lookup("aten.mean")
    assert entry is not None
    ops = complex_work(entry, {"self": meta(4, 3), "dim": (1,)}, meta(4)).scalar_ops
    assert (ops.add, ops.divide) == (2 * 8, 2 * 4)


FUNCTIONS = {
    "exp": 5, "log": 6, "sqrt": 11, "sin": 6, "cos": 7, "sinh": 6, "cosh": 6, "tan": 24, "tanh": 23, "exp2": 7,
    "expm1": 6, "log1p": 7, "log2": 8, "log10": 8, "sigmoid": 13, "rsqrt": 16, "angle": 1, "sgn": 7,
}  # fmt: skip
"""Real operations of one complex element, counted by hand from the formulas that the textbooks give."""


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("z", [1.5 - 0.75j, -0.25 + 0.5j])
def test_functions_of_complex_numbers_are_torchs(name: str, z: complex) -> None:
    tally = Tally()
    result = program(f"aten.{name}")(self=pair(z, tally))
    assert plain(result) == pytest.approx(getattr(torch, name)(torch.tensor(z, dtype=torch.complex128)).item())
    assert tally.scalar_ops().total == FUNCTIONS[name]
    entry = lookup(f"aten.{name}")
    assert entry is not None
    assert complex_work(entry, {"self": meta(2, 3)}, meta(2, 3)).scalar_ops.total == 6 * FUNCTIONS[name]


def test_powers_are_exponentials_of_logarithms_but_a_square_is_a_product() -> None:
    tally = Tally()
    z, w = 1.5 - 0.75j, -0.25 + 0.5j
    assert plain(program("aten.pow")(self=pair(z, tally), exponent=pair(w, tally))) == pytest.approx(z**w)
    assert tally.scalar_ops().total == 6 + 6 + 5
    entry = lookup("aten.pow")
    assert entry is not None
    assert complex_work(entry, {"self": meta(4), "exponent": 2}, meta(4)).scalar_ops.total == 4 * 6


def test_equality_is_that_of_both_parts() -> None:
    tally = Tally()
    assert program("aten.eq")(self=pair(1 + 2j, tally), other=pair(1 + 2j, tally))
    assert not program("aten.eq")(self=pair(1 + 2j, tally), other=1.0)
    assert tally.scalar_ops().compare == 4


@pytest.mark.parametrize(("ord", "total"), [(2, 24 + 20 + 4), (1, 12 * 4 + 8), (float("inf"), 12 * 4 + 8)])
def test_a_norm_is_that_of_the_sizes(ord: float, total: int) -> None:
    """Of 12 elements to 4 norms: 24 squares, 20 adds and 4 roots; or 12 sizes of 4 operations, and 8 adds."""
    entry = lookup("aten.linalg_vector_norm")
    assert entry is not None
    work = complex_work(entry, {"self": meta(4, 3), "ord": ord}, meta(4, dtype="float32"))
    assert work.scalar_ops.total == total


@pytest.mark.parametrize(
    ("packet", "arguments", "real"),
    [
        ("aten.scatter_add", {"self": meta(3, 5), "index": meta(3, 2, dtype="int64")}, 6),
        ("aten.randn", {}, 15),
        ("aten.count_nonzero", {"self": meta(3, 5)}, 15),
    ],
)
def test_what_adds_draws_or_asks_for_zeros_does_so_twice(packet: str, arguments: dict[str, Any], real: int) -> None:
    entry = lookup(packet)
    assert entry is not None
    assert complex_work(entry, arguments, meta(3, 5)).scalar_ops.total == 2 * real


@pytest.mark.parametrize("packet", ["aten.floor", "aten.var", "aten.erf"])
def test_what_has_no_form_is_not_known(packet: str) -> None:
    entry = lookup(packet)
    assert entry is not None
    with pytest.raises(UnknownFormError):
        complex_work(entry, {"self": meta(3, 3)}, meta(3, 3))


def test_a_factor_beside_a_product_is_not_guessed_at() -> None:
    entry = lookup("aten.addmm")
    assert entry is not None
    shapes = {"self": meta(3), "mat1": meta(2, 5), "mat2": meta(5, 3)}
    assert complex_work(entry, shapes, meta(2, 3)).macs == 4 * 30
    with pytest.raises(UnknownFormError):
        complex_work(entry, {**shapes, "alpha": 2.0}, meta(2, 3))


def test_moving_is_free() -> None:
    entry = lookup("aten.view_as_real")
    assert entry is not None
    assert complex_work(entry, {"self": meta(4)}, meta(4, 2, dtype="float32")).scalar_ops.total == 0
