"""Dense linear algebra against the operation counts that LAPACK's authors publish (Working Note 41, p. 120)."""

from __future__ import annotations

from fractions import Fraction

import pytest

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops import lookup
from costmodel.ops.families.factorization import cholesky, lu_factor
from costmodel.ops.families.linear_systems import cholesky_inverse, cholesky_solve, inverse, least_squares, lu_solve
from costmodel.ops.families.reflections import geqrf, qr
from costmodel.ops.formula import Formula, UnknownFormError

SIZES = (1, 2, 3, 8, 31)


def published(work: Work) -> tuple[Fraction, Fraction]:
    """Multiplications (with divisions and roots) and additions."""
    ops = work.scalar_ops
    return Fraction(ops.multiply + ops.divide + ops.transcendental), Fraction(ops.add)


@pytest.mark.parametrize("n", SIZES)
def test_square_matrices(n: int) -> None:
    a, x, third, sixth = TensorMeta((n, n)), TensorMeta((n, 4)), Fraction(1, 3), Fraction(1, 6)
    getrf = third * n**3 + 2 * third * n, third * n**3 - Fraction(n**2, 2) + sixth * n
    assert published(lu_factor.work(a)) == getrf
    assert published(cholesky.work(a)) == (sixth * n**3 + Fraction(n**2, 2) + third * n, sixth * n**3 - sixth * n)
    assert published(lu_solve.work(a, x, x)) == tuple(map(Fraction, (4 * n * n, 4 * n * (n - 1))))
    assert published(cholesky_solve.work(x, a, x)) == tuple(map(Fraction, (4 * n * (n + 1), 4 * n * (n - 1))))
    multiplies, adds = published(cholesky_inverse.work(a))
    assert multiplies == third * n**3 + n**2 + 2 * third * n
    assert adds - n == third * n**3 - Fraction(n**2, 2) + sixth * n  # n negations, which the note does not count
    assert lu_factor.work(a).scalar_ops.compare == n * n
    assert lu_factor.work(a, pivot=False).scalar_ops.compare == 0


@pytest.mark.parametrize(("m", "n"), [(4, 3), (8, 8), (40, 7), (3, 9), (100, 100), (1000, 30)])
def test_the_leading_terms_of_householder_reflections_are_those_of_the_book(m: int, n: int) -> None:
    """Golub and Van Loan, 5.2.2: 2n²(m − n/3) operations, and as many for Q."""
    k, longer = min(m, n), max(m, n)
    leading = 2 * k * k * (longer - Fraction(k, 3))
    assert abs(geqrf.work(TensorMeta((m, n))).scalar_ops.total - leading) <= 3 * m * n
    if m >= n:
        both = qr.work(TensorMeta((m, n))).scalar_ops.total
        assert abs(both - 2 * leading) <= 5 * m * n


@pytest.mark.parametrize("formula", [lu_factor, cholesky, geqrf, qr, inverse, cholesky_inverse])
def test_complex_matrices_cost_six_operations_a_multiplication_and_two_an_addition(formula: Formula) -> None:
    """As the same note has it of LAPACK's complex routines, which says the same of their lower terms within n²."""
    n = 200
    multiplies, adds = published(formula.work(TensorMeta((n, n))))
    ops = formula.work(TensorMeta((n, n), "complex64")).scalar_ops
    assert abs(ops.total - ops.compare - (6 * multiplies + 2 * adds)) <= 8 * n * n


@pytest.mark.parametrize("columns", [1, 3])
def test_least_squares_is_the_reduction_and_its_use(columns: int) -> None:
    """The book's 5.3.2: 2n²(m − n/3), and 4mn − n² for each right-hand side (Q's reflections and a substitution)."""
    m, n = 200, 20
    work = least_squares.work(TensorMeta((m, n)), TensorMeta((m, columns))).scalar_ops.total
    leading = 2 * n * n * (m - Fraction(n, 3)) + columns * (4 * m * n - n * n)
    assert abs(work - leading) <= 3 * m * n


def test_decompositions_into_singular_values_have_no_count() -> None:
    with pytest.raises(UnknownFormError):
        least_squares.work(TensorMeta((4, 3)), TensorMeta((4, 1)), "gelsd")
    assert all(lookup(f"aten.{name}") is None for name in ("_linalg_svd", "_linalg_eigh", "linalg_eig", "linalg_pinv"))
