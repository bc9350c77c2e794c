"""Q·R by Householder's reflections, as LAPACK's unblocked routines do it (Golub and Van Loan, 4th ed., 5.2).

On complex matrices each step is that of complex numbers, as in ``zlarfg``, ``zgeqr2``, ``zung2r`` and ``zunm2r``.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from operator import add
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.arithmetic import Arithmetic, alike, arithmetic, as_data, real_part, square
from costmodel.ops.complex_number import ComplexNumber, conjugate
from costmodel.ops.families.factorization import conjugates, each_matrix, matrices
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import sqrt, where
from costmodel.ops.packets import aten

Meta = TensorMeta


def reflect(length: int, columns: int, numbers: Arithmetic) -> Work:
    """H = I − τ·v·vᴴ (v begins with a 1) on so many columns: vᴴ·a, times τ, a − v·(…)."""
    return (numbers.times + numbers.plus) * ((2 * length - 1) * columns)


def reflections(m: int, n: int, numbers: Arithmetic) -> int:
    """How many a matrix has; the last element of a column needs one if it is complex, as R's diagonal is real."""
    return min(m, n) if numbers.is_complex else min(m - 1, n)


def _found(length: int, numbers: Arithmetic) -> Work:
    """The norm of a column, τ out of it, and v: the rest by the first element less the norm.

    Of complex numbers v is a product with the reciprocal (LAPACK's ``zlarfg``).
    """
    work = numbers.square * length + scalar(add=length + 1, transcendental=1, compare=1) + numbers.parted
    if length == 1:
        return work
    rest = numbers.inverse + numbers.times * (length - 1) if numbers.is_complex else numbers.over * (length - 1)
    return work + scalar(add=1) + rest


@lru_cache(maxsize=1024)
def reduction(m: int, n: int, numbers: Arithmetic) -> Work:
    """Columns to R, one reflection each."""
    work = Work()
    for j in range(reflections(m, n, numbers)):
        work += _found(m - j, numbers) + reflect(m - j, n - j - 1, numbers)
    return work


@lru_cache(maxsize=1024)
def accumulation(m: int, columns: int, used: int, numbers: Arithmetic) -> Work:
    """The first columns of Q out of its reflections, the last one first."""
    work = Work()
    for j in range(used):
        length = m - j
        work += reflect(length, columns - j - 1, numbers) + numbers.plus + scalar(add=1) + numbers.times * (length - 1)
    return work


@formula(aten.linalg_qr, no_nest=True, knows_complex=True)
def qr(A: Meta, mode: str = "reduced") -> Work:
    """R by reflections, and Q (of as many columns as the mode asks) out of them: 4mn² − 4n³/3 with both.

    >>> [qr.work(TensorMeta((3, 2)), mode).scalar_ops.total for mode in ("r", "reduced")]
    [33, 50]
    """
    # [.., m, k], [.., k, n] = aten.linalg_qr([.., m, n], mode)
    m, n = A.shape[-2:]
    numbers = arithmetic(A)
    work = reduction(m, n, numbers)
    if mode != "r":
        work += accumulation(m, m if mode == "complete" else min(m, n), min(m, n), numbers)
    return work * matrices(A)


def reduced(a: Any) -> tuple[Any, list[Any]]:
    """R with the reflections below it, and their τ."""
    a, taus = a.copy(), []
    for j in range(min(a.shape)):
        x = a[j:, j]
        if len(x) == 1 and not isinstance(x[0], ComplexNumber):
            taus.append(0.0)
            continue
        norm, first = sqrt(reduce(add, [square(v) for v in x])), real_part(x[0])
        beta = where(first >= 0.0, -norm, norm)
        adjoint = (beta - first) / beta
        if isinstance(x[0], ComplexNumber):
            adjoint = ComplexNumber(adjoint, x[0].imag / beta)
        taus.append(conjugate(adjoint))
        v = _divided(x[1:], x[0], beta)
        reflected(a[j:, j + 1 :], v, adjoint)
        a[j, j], a[j + 1 :, j] = alike(beta, x[0]), v
    return a, taus


def _divided(rest: Any, first: Any, norm: Any) -> Any:
    if not len(rest):
        return rest
    return rest * (1.0 / (first - norm)) if isinstance(first, ComplexNumber) else rest / (first - norm)


def reflected(columns: Any, v: Any, tau: Any) -> None:
    """In place."""
    for c in range(columns.shape[1]):
        along = reduce(add, [columns[0, c], *(conjugates(v) * columns[1:, c])]) * tau
        columns[0, c] = columns[0, c] - along
        columns[1:, c] = columns[1:, c] - v * along


def accumulated(a: Any, taus: Any, columns: int) -> Any:
    """Q's columns."""
    example = a[0, 0]
    q = np.array([[as_data(float(i == j), example) for j in range(columns)] for i in range(len(a))], dtype=object)
    for j in reversed(range(len(taus))):
        v, tau = a[j + 1 :, j], taus[j]
        tau = as_data(tau, example) if isinstance(tau, float) else tau
        reflected(q[j:, j + 1 :], v, tau)
        opposite = -tau
        q[j, j], q[j + 1 :, j] = opposite + 1.0, v * opposite
    return q


@qr.program
def _qr(A: Any, mode: str = "reduced") -> Any:
    def one(a: Any, part: int) -> Any:
        done, taus = reduced(a)
        m, n = a.shape
        rows = m if mode == "complete" else min(m, n)
        return accumulated(done, taus, rows) if part == 0 else np.triu(done[:rows])

    if mode == "r":
        return None, each_matrix(lambda a: one(a, 1), A)
    return (each_matrix(lambda a: one(a, 0), A),)


@formula(aten.geqrf, no_nest=True, knows_complex=True)
def geqrf(self: Meta) -> Work:
    """R with the reflections below it.

    >>> geqrf.work(TensorMeta((3, 2))).scalar_ops.total
    33
    """
    # [.., m, n], [.., k] = aten.geqrf([.., m, n])
    return reduction(*self.shape[-2:], arithmetic(self)) * matrices(self)


@geqrf.program
def _geqrf(self: Any) -> Any:
    return (each_matrix(lambda a: reduced(a)[0], self),)


@formula(aten.linalg_householder_product, no_nest=True, knows_complex=True)
def householder_product(input: Meta, tau: Meta) -> Work:
    """The first columns of the product of reflections.

    >>> householder_product.work(TensorMeta((3, 2)), TensorMeta((2,))).scalar_ops.total
    17
    """
    # [.., m, n] = aten.linalg_householder_product([.., m, n], [.., k])
    return accumulation(*input.shape[-2:], tau.shape[-1], arithmetic(input)) * matrices(input)


@householder_product.program
def _householder_product(input: Any, tau: Any) -> Any:
    return each_matrix(lambda a, t: accumulated(a, list(t[0]), a.shape[1]), input, tau[..., None, :])


@formula(aten.ormqr, no_nest=True, knows_complex=True)
def ormqr(input2: Meta, input3: Meta, left: bool = True) -> Work:
    """Every reflection on every column of a matrix (or row, from the right).

    >>> ormqr.work(TensorMeta((2,)), TensorMeta((3, 4))).scalar_ops.total
    64
    """
    # [.., m, n] = aten.ormqr([.., m, k], [.., k], [.., m, n])
    length, columns = input3.shape[-2:] if left else reversed(input3.shape[-2:])
    work = Work()
    for j in range(input2.shape[-1]):
        work += reflect(length - j, columns, arithmetic(input3))
    return work * matrices(input3)


@ormqr.program
def _ormqr(self: Any, input2: Any, input3: Any, left: bool = True, transpose: bool = False) -> Any:
    def one(a: Any, taus: Any, c: Any) -> Any:
        c = (c if left else conjugates(c.T)).copy()  # C·Q is the adjoint of Qᴴ·Cᴴ
        adjoint = transpose == left
        order = range(taus.shape[1]) if adjoint else reversed(range(taus.shape[1]))
        for j in order:
            reflected(c[j:], a[j + 1 :, j], conjugate(taus[0, j]) if adjoint else taus[0, j])
        return c if left else conjugates(c.T)

    return each_matrix(one, self, input2[..., None, :], input3)
