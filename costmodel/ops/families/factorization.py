"""Dense factorisations, as LAPACK's unblocked routines do them: P·L·U, Cholesky's, and Q·R by Householder reflections.

Multiplies, divides and roots together are the multiplications of LAPACK Working Note 41 (Blackford and Dongarra, 1999,
p. 120), adds its additions; QR's leading terms are Golub and Van Loan's. The compares of the search for a pivot
are counted beside them. (Matrix Computations, 4th ed., 3.4, 4.2, 5.2.) Decompositions that iterate until values
converge (svd, eigh, eig, and what is made of them) have no count that shapes give: they stay uncounted.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from operator import add, mul
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import absolute, log, maximum, sign, sqrt, where
from costmodel.ops.packets import aten

Meta = TensorMeta


def matrices(a: Meta) -> int:
    """How many matrices a batch holds."""
    return a.numel // max(a.shape[-2] * a.shape[-1], 1)


@lru_cache(maxsize=1024)
def _lu(m: int, n: int, pivot: bool) -> Work:
    """Per column of length l: l |·| and l − 1 compares, 1 reciprocal, l − 1 multiplies, and the rest's update."""
    work = Work()
    for j in range(min(m, n)):
        below, right = m - j - 1, n - j - 1
        work += scalar(compare=2 * below + 1 if pivot else 0, divide=1, multiply=below)
        work += scalar(multiply=below * right, add=below * right)
    return work


@formula(aten.linalg_lu_factor_ex, aten.linalg_lu, no_nest=True)
def lu_factor(A: Meta, pivot: bool = True) -> Work:
    """2n³/3 operations and the compares of a column's largest element.

    >>> lu_factor.work(TensorMeta((2, 3, 3))).scalar_ops
    ScalarOps(add=10, multiply=16, divide=6, compare=18, transcendental=0, random=0)
    """
    # [.., m, n], [.., k], [..] = aten.linalg_lu_factor_ex([.., m, n])
    return _lu(*A.shape[-2:], pivot) * matrices(A)


def factored(a: Any, pivot: bool = True) -> Any:
    """L and U in one matrix, and the order of the rows."""
    a, (m, n) = a.copy(), a.shape
    rows = list(range(m))
    for j in range(min(m, n)):
        best = j
        if pivot:
            sizes: list[Any] = [absolute(x) for x in a[j:, j]]
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


@formula(aten._linalg_det, no_nest=True)
def det(A: Meta) -> Work:
    """The product of U's diagonal, with the sign of the rows' order: n multiplies beside the factorisation.

    >>> det.work(TensorMeta((3, 3))).scalar_ops.total
    28
    """
    # [..], [.., n, n], [.., n] = aten._linalg_det([.., n, n])
    return lu_factor.work(A) + scalar(multiply=matrices(A) * A.shape[-1])


def _parity(rows: list[int]) -> float:
    return (-1.0) ** sum(a > b for i, a in enumerate(rows) for b in rows[i + 1 :])


@det.program
def _det(A: Any) -> Any:
    def one(a: Any) -> Any:
        u, rows = factored(a)
        return reduce(mul, u.diagonal()) * _parity(rows)

    return (each_matrix(one, A),)


@formula(aten._linalg_slogdet, no_nest=True)
def slogdet(A: Meta) -> Work:
    """Of U's diagonal the signs (2n compares, n multiplies), and the logarithms of sizes (n, n, n − 1 adds).

    >>> slogdet.work(TensorMeta((3, 3))).scalar_ops.total
    42
    """
    # [..], [..], [.., n, n], [.., n] = aten._linalg_slogdet([.., n, n])
    n = A.shape[-1]
    diagonal = scalar(compare=3 * n, multiply=n, transcendental=n, add=max(n - 1, 0))
    return lu_factor.work(A) + diagonal * matrices(A)


@slogdet.program
def _slogdet(A: Any) -> Any:
    def one(a: Any) -> Any:
        u, rows = factored(a)
        diagonal = list(u.diagonal())
        signs = reduce(mul, [sign(x) for x in diagonal]) * _parity(rows)
        return np.array([signs, reduce(add, [log(absolute(x)) for x in diagonal])], dtype=object)

    both = each_matrix(one, A)
    return both[..., 0], both[..., 1]


@formula(aten.linalg_cholesky_ex, aten.cholesky, no_nest=True)
def cholesky(self: Meta) -> Work:
    """n roots, n(n − 1)/2 divides, n(n² − 1)/6 multiplies and as many subtracts: n³/3.

    >>> cholesky.work(TensorMeta((3, 3))).scalar_ops
    ScalarOps(add=4, multiply=4, divide=3, compare=0, transcendental=3, random=0)
    """
    # [.., n, n], [..] = aten.linalg_cholesky_ex([.., n, n])
    n = self.shape[-1]
    inner = n * (n * n - 1) // 6
    return scalar(multiply=inner, add=inner, divide=n * (n - 1) // 2, transcendental=n) * matrices(self)


def _lower(a: Any) -> Any:
    n = len(a)
    low = np.full((n, n), 0.0, dtype=object)
    for j in range(n):
        for i in range(j, n):
            rest = reduce(lambda s, k: s - low[i, k] * low[j, k], range(j), a[i, j])
            low[i, j] = sqrt(rest) if i == j else rest / low[j, j]
    return low


@cholesky.program
def _cholesky(self: Any, upper: bool = False) -> Any:
    return (each_matrix(lambda a: _lower(a.T if upper else a).T if upper else _lower(a), self),)


def reflect(length: int, columns: int) -> Work:
    """H = I − τ·v·vᵀ (v begins with a 1) on so many columns: v·a, times τ, a − v·(…)."""
    return scalar(multiply=2 * length - 1, add=2 * length - 1) * columns


@lru_cache(maxsize=1024)
def reduction(m: int, n: int) -> Work:
    """Columns to R, one reflection each; the last element of a column needs none."""
    work = Work()
    for j in range(min(m, n)):
        length = m - j
        if length > 1:
            found = scalar(multiply=length, add=length + 2, transcendental=1, compare=1, divide=length)
            work += found + reflect(length, n - j - 1)
    return work


@lru_cache(maxsize=1024)
def accumulation(m: int, columns: int, reflections: int) -> Work:
    """The first columns of Q out of its reflections, the last one first."""
    work = Work()
    for j in range(reflections):
        length = m - j
        work += reflect(length, columns - j - 1) + scalar(add=2, multiply=length - 1)
    return work


@formula(aten.linalg_qr, no_nest=True)
def qr(A: Meta, mode: str = "reduced") -> Work:
    """R by reflections, and Q (of as many columns as the mode asks) out of them: 4mn² − 4n³/3 with both.

    >>> [qr.work(TensorMeta((3, 2)), mode).scalar_ops.total for mode in ("r", "reduced")]
    [33, 50]
    """
    # [.., m, k], [.., k, n] = aten.linalg_qr([.., m, n], mode)
    m, n = A.shape[-2:]
    work = reduction(m, n)
    if mode != "r":
        work += accumulation(m, m if mode == "complete" else min(m, n), min(m, n))
    return work * matrices(A)


def reduced(a: Any) -> tuple[Any, list[Any]]:
    """R with the reflections below it, and their τ."""
    a, taus = a.copy(), []
    for j in range(min(a.shape)):
        x = a[j:, j]
        if len(x) == 1:
            taus.append(0.0)
            continue
        square = reduce(add, [v * v for v in x[1:]]) + x[0] * x[0]
        norm = sqrt(square)
        beta = where(x[0] >= 0.0, -norm, norm)
        taus.append((beta - x[0]) / beta)
        v = x[1:] / (x[0] - beta)
        reflected(a[j:, j + 1 :], v, taus[-1])
        a[j, j], a[j + 1 :, j] = beta, v
    return a, taus


def reflected(columns: Any, v: Any, tau: Any) -> None:
    """In place."""
    for c in range(columns.shape[1]):
        along = reduce(add, [columns[0, c], *(v * columns[1:, c])]) * tau
        columns[0, c] = columns[0, c] - along
        columns[1:, c] = columns[1:, c] - v * along


def accumulated(a: Any, taus: Any, columns: int) -> Any:
    """Q's columns."""
    example = a[0, 0].tally
    q = np.array([[example.number(float(i == j)) for j in range(columns)] for i in range(len(a))], dtype=object)
    for j in reversed(range(len(taus))):
        v, tau = a[j + 1 :, j], taus[j]
        tau = example.number(tau) if isinstance(tau, float) else tau
        reflected(q[j:, j + 1 :], v, tau)
        q[j, j], q[j + 1 :, j] = 1.0 - tau, v * -tau
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


@formula(aten.geqrf, no_nest=True)
def geqrf(self: Meta) -> Work:
    """R with the reflections below it.

    >>> geqrf.work(TensorMeta((3, 2))).scalar_ops.total
    33
    """
    # [.., m, n], [.., k] = aten.geqrf([.., m, n])
    return reduction(*self.shape[-2:]) * matrices(self)


@geqrf.program
def _geqrf(self: Any) -> Any:
    return (each_matrix(lambda a: reduced(a)[0], self),)


@formula(aten.linalg_householder_product, no_nest=True)
def householder_product(input: Meta, tau: Meta) -> Work:
    """The first columns of the product of reflections.

    >>> householder_product.work(TensorMeta((3, 2)), TensorMeta((2,))).scalar_ops.total
    17
    """
    # [.., m, n] = aten.linalg_householder_product([.., m, n], [.., k])
    return accumulation(*input.shape[-2:], tau.shape[-1]) * matrices(input)


@householder_product.program
def _householder_product(input: Any, tau: Any) -> Any:
    return each_matrix(lambda a, t: accumulated(a, list(t[0]), a.shape[1]), input, tau[..., None, :])


@formula(aten.ormqr, no_nest=True)
def ormqr(input2: Meta, input3: Meta, left: bool = True) -> Work:
    """Every reflection on every column of a matrix (or row, from the right).

    >>> ormqr.work(TensorMeta((2,)), TensorMeta((3, 4))).scalar_ops.total
    64
    """
    # [.., m, n] = aten.ormqr([.., m, k], [.., k], [.., m, n])
    length, columns = input3.shape[-2:] if left else reversed(input3.shape[-2:])
    work = Work()
    for j in range(input2.shape[-1]):
        work += reflect(length - j, columns)
    return work * matrices(input3)


@ormqr.program
def _ormqr(self: Any, input2: Any, input3: Any, left: bool = True, transpose: bool = False) -> Any:
    def one(a: Any, taus: Any, c: Any) -> Any:
        c = (c if left else c.T).copy()
        order = range(taus.shape[1]) if transpose == left else reversed(range(taus.shape[1]))
        for j in order:
            reflected(c[j:], a[j + 1 :, j], taus[0, j])
        return c if left else c.T

    return each_matrix(one, self, input2[..., None, :], input3)
