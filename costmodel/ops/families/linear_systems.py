"""Linear systems: triangular ones by substitution, others by their factorisation (Golub and Van Loan, 3.1 and 3.2).

The counts are those of LAPACK Working Note 41. An inverse is, as torch computes it, the solution for the identity.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.arithmetic import Arithmetic, arithmetic, as_data, square
from costmodel.ops.complex_number import conjugate
from costmodel.ops.families.factorization import conjugates, each_matrix, factored, lu_factor, matrices
from costmodel.ops.families.reflections import reduced, reduction, reflect, reflected, reflections
from costmodel.ops.formula import UnknownFormError, formula, scalar
from costmodel.ops.packets import aten

Meta = TensorMeta


def substituted(n: int, columns: int, numbers: Arithmetic, unit: bool = False) -> Work:
    """A triangle of n on so many right-hand sides: n(n − 1)/2 multiplies and subtracts, and n divides of each."""
    work = (numbers.times + numbers.plus) * (n * (n - 1) // 2)
    return (work if unit else work + numbers.over * n) * columns


def substitute(a: Any, b: Any, lower: bool, unit: bool = False) -> Any:
    """The solution of a triangular system, row by row."""
    n, x = len(a), b.copy()
    for i in range(n) if lower else reversed(range(n)):
        for k in range(i) if lower else range(i + 1, n):
            x[i] = x[i] - x[k] * a[i, k]
        if not unit:
            x[i] = x[i] / a[i, i]
    return x


@formula(aten.linalg_solve_triangular, no_nest=True, knows_complex=True)
def solve_triangular(self: Meta, unitriangular: bool = False, *, out: Meta) -> Work:
    """n² operations a right-hand side; n(n − 1) with a unit diagonal.

    >>> solve_triangular.work(TensorMeta((3, 3)), out=TensorMeta((3, 2))).scalar_ops.total
    18
    """
    # [.., n, m] = aten.linalg_solve_triangular([.., n, n], [.., n, m])
    n = self.shape[-1]
    return substituted(n, out.numel // max(n, 1), arithmetic(self), unitriangular)


@solve_triangular.program
def _solve_triangular(self: Any, B: Any, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    def one(a: Any, b: Any) -> Any:
        return substitute(a, b, not upper, unitriangular) if left else substitute(a.T, b.T, upper, unitriangular).T

    return each_matrix(one, self, B)


@formula(aten.triangular_solve, no_nest=True, knows_complex=True)
def triangular_solve(self: Meta, A: Meta, unitriangular: bool = False) -> Work:
    """As :func:`solve_triangular`, under its old name.

    >>> triangular_solve.work(TensorMeta((3, 2)), TensorMeta((3, 3))).scalar_ops.total
    18
    """
    # [.., n, m], [.., n, n] = aten.triangular_solve([.., n, m], [.., n, n])
    n = A.shape[-1]
    return substituted(n, self.numel // max(n, 1), arithmetic(A), unitriangular)


@triangular_solve.program
def _triangular_solve(
    self: Any, A: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> Any:
    def one(a: Any, b: Any) -> Any:
        return substitute(a.T if transpose else a, b, upper == transpose, unitriangular)

    return (each_matrix(one, A, self),)


@formula(aten.linalg_lu_solve, no_nest=True, knows_complex=True)
def lu_solve(LU: Meta, B: Meta, out: Meta) -> Work:
    """Two substitutions, one of them with a unit diagonal: 2n² − n a right-hand side.

    >>> lu_solve.work(TensorMeta((3, 3)), TensorMeta((3, 2)), TensorMeta((3, 2))).scalar_ops.total
    30
    """
    # [.., n, m] = aten.linalg_lu_solve([.., n, n], [.., n], [.., n, m])
    n, numbers = LU.shape[-1], arithmetic(LU)
    columns = out.numel // max(n, 1)
    return substituted(n, columns, numbers, unit=True) + substituted(n, columns, numbers)


@lu_solve.program
def _lu_solve(LU: Any, pivots: Any, B: Any, left: bool = True, adjoint: bool = False) -> Any:
    def one(a: Any, swaps: Any, b: Any) -> Any:
        rows = np.arange(len(a))
        for i, other in enumerate(swaps[0]):
            rows[[i, other - 1]] = rows[[other - 1, i]]
        b = b if left else b.T
        a = conjugates(a) if adjoint else a
        if adjoint == left:
            x = substitute(a.T, substitute(a.T, b, lower=True), lower=False, unit=True)[np.argsort(rows)]
        else:
            x = substitute(a, substitute(a, b[rows], lower=True, unit=True), lower=False)
        return x if left else x.T

    return each_matrix(one, LU, pivots[..., None, :], B)


@formula(aten._linalg_solve_ex, no_nest=True, knows_complex=True)
def solve(A: Meta, out: Any) -> Work:
    """The factorisation, 2n³/3, and two substitutions for every right-hand side.

    >>> x, a = TensorMeta((3, 2)), TensorMeta((3, 3))
    >>> solve.work(a, (x, a, TensorMeta((3,)), TensorMeta(()))).scalar_ops.total
    55
    """
    # [.., n, m], [.., n, n], [.., n], [..] = aten._linalg_solve_ex([.., n, n], [.., n, m])
    result, lu, *_ = out
    n, numbers = A.shape[-1], arithmetic(A)
    columns = result.numel // max(n, 1)
    return lu_factor.work(lu) + substituted(n, columns, numbers, unit=True) + substituted(n, columns, numbers)


def _solved(a: Any, b: Any) -> Any:
    lu, rows = factored(a)
    return substitute(lu, substitute(lu, b[rows], lower=True, unit=True), lower=False)


@solve.program
def _solve(A: Any, B: Any, left: bool = True) -> Any:
    if B.ndim == A.ndim - 1:
        return (each_matrix(_solved, A, B[..., None])[..., 0],)
    return (each_matrix(lambda a, b: _solved(a, b) if left else _solved(a.T, b.T).T, A, B),)


@formula(aten.linalg_inv_ex, no_nest=True, knows_complex=True)
def inverse(A: Meta) -> Work:
    """The solution for the identity, dense: 8n³/3.

    >>> inverse.work(TensorMeta((3, 3))).scalar_ops.total
    70
    """
    # [.., n, n], [..] = aten.linalg_inv_ex([.., n, n])
    return solve.work(A, (A, A))


@inverse.program
def _inverse(A: Any) -> Any:
    def one(a: Any) -> Any:
        n = len(a)
        identity = [[as_data(float(i == j), a[0, 0]) for j in range(n)] for i in range(n)]
        return _solved(a, np.array(identity, dtype=object))

    return (each_matrix(one, A),)


@formula(aten.cholesky_solve, no_nest=True, knows_complex=True)
def cholesky_solve(self: Meta, input2: Meta, out: Meta) -> Work:
    """Two substitutions: 2n² a right-hand side.

    >>> cholesky_solve.work(TensorMeta((3, 2)), TensorMeta((3, 3)), TensorMeta((3, 2))).scalar_ops.total
    36
    """
    # [.., n, m] = aten.cholesky_solve([.., n, m], [.., n, n])
    n = input2.shape[-1]
    return substituted(n, 2 * out.numel // max(n, 1), arithmetic(input2))


@cholesky_solve.program
def _cholesky_solve(self: Any, input2: Any, upper: bool = False) -> Any:
    def one(a: Any, b: Any) -> Any:
        low = conjugates(a.T) if upper else a
        return substitute(conjugates(low.T), substitute(low, b, lower=True), lower=False)

    return each_matrix(one, input2, self)


@formula(aten.cholesky_inverse, no_nest=True, knows_complex=True)
def cholesky_inverse(self: Meta) -> Work:
    """The triangle's inverse X (n reciprocals and negations, n³/3) and the triangle of Xᵀ·X (n³/3).

    >>> cholesky_inverse.work(TensorMeta((3, 3))).scalar_ops
    ScalarOps(add=8, multiply=17, divide=3, compare=0, transcendental=0, random=0)
    """
    # [.., n, n] = aten.cholesky_inverse([.., n, n])
    n, numbers = self.shape[-1], arithmetic(self)
    pairs, inner, squares = n * (n - 1) // 2, n * (n * n - 1) // 6, n * (n + 1) // 2
    work = (numbers.inverse + numbers.plus) * n + numbers.times * (inner + pairs) + numbers.plus * (inner - pairs)
    diagonal = numbers.square * squares + scalar(add=squares - n)
    below = numbers.times * inner + numbers.plus * (inner - pairs)
    return (work + diagonal + below) * matrices(self)


@cholesky_inverse.program
def _cholesky_inverse(self: Any, upper: bool = False) -> Any:
    def one(a: Any) -> Any:
        low, n = conjugates(a.T) if upper else a, len(a)
        x, out = np.full((n, n), 0.0, dtype=object), np.empty((n, n), dtype=object)
        for j in range(n):
            x[j, j] = 1.0 / low[j, j]
        opposite = [-x[j, j] for j in range(n)]
        for j in range(n):
            for i in range(j + 1, n):
                x[i, j] = reduce(add, [low[i, k] * x[k, j] for k in range(j, i)]) * opposite[i]
        for i in range(n):
            out[i, i] = reduce(add, [square(x[k, i]) for k in range(i, n)])
            for j in range(i):
                out[i, j] = reduce(add, [conjugate(x[k, i]) * x[k, j] for k in range(i, n)])
                out[j, i] = conjugate(out[i, j])
        return out

    return each_matrix(one, self)


@formula(aten.linalg_lstsq, no_nest=True, knows_complex=True)
def least_squares(self: Meta, b: Meta, driver: str | None = None) -> Work:
    """By Q·R (LAPACK's gels): the reduction, its reflections on the right-hand sides, a substitution.

    A wide matrix is reduced from the other side. The drivers that decompose into singular values iterate: uncounted.
    The default of the CPU permutes columns too (gelsy), which adds compares and updates of norms that are not counted.

    >>> least_squares.work(TensorMeta((3, 2)), TensorMeta((3, 1))).scalar_ops.total
    53
    """
    # [.., n, r], .. = aten.linalg_lstsq([.., m, n], [.., m, r])
    if driver in ("gelsd", "gelss"):
        raise UnknownFormError
    long, short = max(self.shape[-2:]), min(self.shape[-2:])
    columns, numbers = b.numel // max(matrices(self) * self.shape[-2], 1), arithmetic(self)
    work = reduction(long, short, numbers) + substituted(short, columns, numbers)
    for j in range(reflections(long, short, numbers)):
        work += reflect(long - j, columns, numbers)
    return work * matrices(self)


@least_squares.program
def _least_squares(self: Any, b: Any, rcond: float | None = None, driver: str | None = None) -> Any:
    def one(a: Any, y: Any) -> Any:
        tall = a.shape[0] >= a.shape[1]
        done, taus = reduced(a if tall else conjugates(a.T))
        (m, n), y = done.shape, y.copy()
        used = [j for j, tau in enumerate(taus) if not isinstance(tau, float)]
        if tall:
            for j in used:
                reflected(y[j:], done[j + 1 :, j], conjugate(taus[j]))
            return substitute(done[:n], y[:n], lower=False)
        zero = as_data(0.0, y.flat[0])
        x = np.full((m, y.shape[1]), zero, dtype=object)
        x[:n] = substitute(conjugates(done[:n].T), y, lower=True)
        for j in reversed(used):
            reflected(x[j:], done[j + 1 :, j], taus[j])
        return x

    vectors = b.ndim == self.ndim - 1
    solution = each_matrix(one, self, b[..., None] if vectors else b)
    return (solution[..., 0] if vectors else solution,)
