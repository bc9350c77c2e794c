"""Dense factorisations, as LAPACK's unblocked routines do them: P·L·U and Cholesky's.

Multiplies, divides and roots together are the multiplications of LAPACK Working Note 41 (Blackford and Dongarra, 1999,
p. 120), adds its additions. The compares of the search for a pivot are counted beside them. (Golub and Van Loan, Matrix
Computations, 4th ed., 3.4, 4.2.) On complex matrices each step is that of complex numbers, by LAPACK's routines for
them. Decompositions that iterate until values converge (svd, eigh, eig, and what is made of them) have no count that
shapes give: they stay uncounted.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from operator import add, mul
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.arithmetic import Arithmetic, arithmetic, pivot_size, real_part, square
from costmodel.ops.complex_number import ComplexNumber, conjugate
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import absolute, log, maximum, sign, sqrt
from costmodel.ops.packets import aten

Meta = TensorMeta


def matrices(a: Meta) -> int:
    """How many matrices a batch holds."""
    return a.numel // max(a.shape[-2] * a.shape[-1], 1)


def conjugates(array: Any) -> Any:
    """Of every element; a real one is its own."""
    return np.frompyfunc(conjugate, 1, 1)(array)


@lru_cache(maxsize=1024)
def _lu(m: int, n: int, pivot: bool, numbers: Arithmetic) -> Work:
    """Per column of length l: l |·| and l − 1 compares, 1 reciprocal, l − 1 multiplies, and the rest's update."""
    work = Work()
    for j in range(min(m, n)):
        below, right = m - j - 1, n - j - 1
        if pivot:
            work += numbers.size * (below + 1) + scalar(compare=below)
        work += numbers.inverse + numbers.times * below
        work += (numbers.times + numbers.plus) * (below * right)
    return work


@formula(aten.linalg_lu_factor_ex, aten.linalg_lu, no_nest=True, knows_complex=True)
def lu_factor(A: Meta, pivot: bool = True) -> Work:
    """2n³/3 operations and the compares of a column's largest element.

    >>> lu_factor.work(TensorMeta((2, 3, 3))).scalar_ops
    ScalarOps(add=10, multiply=16, divide=6, compare=18, transcendental=0, random=0)
    """
    # [.., m, n], [.., k], [..] = aten.linalg_lu_factor_ex([.., m, n])
    return _lu(*A.shape[-2:], pivot, arithmetic(A)) * matrices(A)


def factored(a: Any, pivot: bool = True) -> Any:
    """L and U in one matrix, and the order of the rows."""
    a, (m, n) = a.copy(), a.shape
    rows = list(range(m))
    for j in range(min(m, n)):
        best = j
        if pivot:
            sizes: list[Any] = [pivot_size(x) for x in a[j:, j]]
            top: Any = reduce(maximum, sizes)
            best = j + next(i for i, s in enumerate(sizes) if s.value == top.value)
        a[[j, best]] = a[[best, j]]
        rows[j], rows[best] = rows[best], rows[j]
        inverse = 1.0 / a[j, j]
        a[j + 1 :, j] = a[j + 1 :, j] * inverse
        a[j + 1 :, j + 1 :] = a[j + 1 :, j + 1 :] - np.outer(a[j + 1 :, j], a[j, j + 1 :])
    return a, rows


def each_matrix(function: Any, *arrays: Any) -> Any:
    """``function`` of the last two axes of every array; their leading axes are alike."""
    lead = arrays[0].shape[:-2]
    results = [function(*(a[at] for a in arrays)) for at in np.ndindex(*lead)]
    return np.array(results, dtype=object).reshape((*lead, *np.shape(results[0])))


@lu_factor.program
def _lu_factor(A: Any, pivot: bool = True) -> Any:
    return (each_matrix(lambda a: factored(a, pivot)[0], A),)


@formula(aten._linalg_det, no_nest=True, knows_complex=True)
def det(A: Meta) -> Work:
    """The product of U's diagonal, with the sign of the rows' order: n multiplies beside the factorisation.

    >>> det.work(TensorMeta((3, 3))).scalar_ops.total
    28
    """
    # [..], [.., n, n], [.., n] = aten._linalg_det([.., n, n])
    return lu_factor.work(A) + _signed_product(A.shape[-1], arithmetic(A)) * matrices(A)


def _signed_product(n: int, numbers: Arithmetic) -> Work:
    """Of n factors, and of the sign of an order, which is real."""
    return numbers.times * (n - 1) + numbers.scaled if n else Work()


def _parity(rows: list[int]) -> float:
    return (-1.0) ** sum(a > b for i, a in enumerate(rows) for b in rows[i + 1 :])


@det.program
def _det(A: Any) -> Any:
    def one(a: Any) -> Any:
        u, rows = factored(a)
        return reduce(mul, u.diagonal()) * _parity(rows)

    return (each_matrix(one, A),)


@formula(aten._linalg_slogdet, no_nest=True, knows_complex=True)
def slogdet(A: Meta) -> Work:
    """Of U's diagonal the signs (2n compares, n multiplies), and the logarithms of sizes (n, n, n − 1 adds).

    The sign of a complex number is z/|z|, and its size √(a² + b²).

    >>> slogdet.work(TensorMeta((3, 3))).scalar_ops.total
    42
    """
    # [..], [..], [.., n, n], [.., n] = aten._linalg_slogdet([.., n, n])
    n, numbers = A.shape[-1], arithmetic(A)
    size = numbers.square + scalar(transcendental=1) if numbers.is_complex else scalar(compare=1)
    its_sign = size + scalar(compare=1) + numbers.parted if numbers.is_complex else scalar(compare=2)
    diagonal = (its_sign + size + scalar(transcendental=1)) * n + scalar(add=max(n - 1, 0))
    return lu_factor.work(A) + (diagonal + _signed_product(n, numbers)) * matrices(A)


def _size(x: Any) -> Any:
    return x.abs() if isinstance(x, ComplexNumber) else absolute(x)


@slogdet.program
def _slogdet(A: Any) -> Any:
    def one(a: Any) -> Any:
        u, rows = factored(a)
        diagonal = list(u.diagonal())
        signs = reduce(mul, [sign(x) for x in diagonal]) * _parity(rows)
        return np.array([signs, reduce(add, [log(_size(x)) for x in diagonal])], dtype=object)

    both = each_matrix(one, A)
    return both[..., 0], both[..., 1]


@formula(aten.linalg_cholesky_ex, aten.cholesky, no_nest=True, knows_complex=True)
def cholesky(self: Meta) -> Work:
    """n roots, n(n − 1)/2 divides, n(n² − 1)/6 multiplies and as many subtracts: n³/3. The diagonal is real.

    >>> cholesky.work(TensorMeta((3, 3))).scalar_ops
    ScalarOps(add=4, multiply=4, divide=3, compare=0, transcendental=3, random=0)
    """
    # [.., n, n], [..] = aten.linalg_cholesky_ex([.., n, n])
    n, numbers = self.shape[-1], arithmetic(self)
    pairs, inner = n * (n - 1) // 2, n * (n - 1) * (n - 2) // 6
    diagonal = (numbers.square + scalar(add=1)) * pairs + scalar(transcendental=n)
    below = (numbers.times + numbers.plus) * inner + numbers.parted * pairs
    return (diagonal + below) * matrices(self)


def _lower(a: Any) -> Any:
    n = len(a)
    low = np.full((n, n), 0.0, dtype=object)
    for j in range(n):
        for i in range(j, n):
            if i == j:
                low[j, j] = sqrt(reduce(lambda s, x: s - square(x), low[j, :j], real_part(a[j, j])))
            else:
                rest = reduce(lambda s, k: s - low[i, k] * conjugate(low[j, k]), range(j), a[i, j])
                low[i, j] = rest / low[j, j]
    return low


@cholesky.program
def _cholesky(self: Any, upper: bool = False) -> Any:
    return (each_matrix(lambda a: _lower(a.T if upper else a).T if upper else _lower(a), self),)
