"""Fourier transforms by Cooley and Tukey's factorisation (Math. Comp. 19, 1965), the smallest prime factor first.

A line of N = p·m is p transforms of every p-th element, then m butterflies: p − 1 products with twiddle factors and a
transform of p by its definition (of 2: a sum and a difference). For a power of two that is 5·N·log₂N, the figure by
which FFTW's benchmark measures complex transforms (fftw.org/speed); a kernel for other lengths may do with fewer. Of a
real line, and towards one, only half of the complex results are formed (Sorensen et al., IEEE Trans. ASSP 35, 1987).
Twiddle factors are known from the sizes. Several axes are transformed one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from math import cos, pi, sin
from operator import add
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ZERO, Work
from costmodel.ops.complex_number import ComplexNumber, conjugate
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import Number
from costmodel.ops.packets import aten

Meta = TensorMeta
_PRODUCT = scalar(multiply=4, add=2)
"""Of two complex numbers."""


def smallest_factor(n: int) -> int:
    """The smallest prime that divides ``n`` > 1."""
    return next((p for p in range(2, int(n**0.5) + 1) if n % p == 0), n)


def _butterfly(p: int) -> Work:
    """p − 1 twiddle factors, then p results of p complex numbers by the definition."""
    by_definition = scalar(add=4) if p == 2 else scalar(add=2 * p * (p - 1)) + _PRODUCT * (p - 1) ** 2
    return _PRODUCT * (p - 1) + by_definition


@lru_cache(maxsize=1024)
def line(n: int) -> Work:
    """A complex transform of ``n``.

    >>> [line(n).scalar_ops.total for n in (8, 1024)]
    [120, 51200]
    """
    if n < 2:
        return ZERO
    p = smallest_factor(n)
    return line(n // p) * p + _butterfly(p) * (n // p)


@lru_cache(maxsize=1024)
def real_line(n: int) -> Work:
    """A transform of ``n`` real numbers to ⌊n/2⌋ + 1 complex ones."""
    if n < 2:
        return ZERO
    p = smallest_factor(n)
    m = n // p
    pairs = (p - 1) // 2  # complex results of p real numbers, beside their sum
    first = scalar(add=2) if p == 2 else scalar(add=p - 1 + pairs * (2 * p - 3), multiply=pairs * 2 * (p - 1))
    middle = scalar(add=1 - m % 2)  # of two: a product with −i
    return real_line(m) * p + first + middle + _butterfly(p) * ((m - 1) // 2)


@lru_cache(maxsize=1024)
def line_to_real(n: int) -> Work:
    """The way back, from ⌊n/2⌋ + 1 complex numbers to ``n`` real ones."""
    if n < 2:
        return ZERO
    p = smallest_factor(n)
    m = n // p
    terms = (p - 1) // 2 * p
    first = scalar(add=2) if p == 2 else scalar(add=2 * terms - (p - 1) // 2, multiply=2 * terms - (p - 1) // 2)
    middle = scalar(multiply=2 * (1 - m % 2))
    return line_to_real(m) * p + first + middle + _butterfly(p) * ((m - 1) // 2)


def _along(shape: Sequence[int], dims: Sequence[int]) -> Work:
    numel = int(np.prod(shape, dtype=object))
    return reduce(add, (line(shape[d]) * (numel // max(shape[d], 1)) for d in dims), ZERO)


def _scaled(results: int, normalization: int) -> Work:
    return scalar(multiply=results if normalization else 0)


@formula(aten._fft_c2c, no_nest=True, knows_complex=True)
def fft_c2c(self: Meta, dim: Sequence[int], normalization: int) -> Work:
    """Every line along every axis; a normalised result costs 2 multiplies.

    >>> fft_c2c.work(TensorMeta((3, 8), "complex64"), (1,), 0).scalar_ops.total  # 3 lines of 5·8·3
    360
    """
    # [.., n, ..] = aten._fft_c2c([.., n, ..], dims, normalization, forward)
    return _along(self.shape, dim) + _scaled(2 * self.numel, normalization)


@formula(aten._fft_r2c, no_nest=True, knows_complex=True)
def fft_r2c(self: Meta, dim: Sequence[int], normalization: int) -> Work:
    """The last axis as a real transform, the others as complex ones over its half.

    >>> fft_r2c.work(TensorMeta((3, 8)), (1,), 0).scalar_ops.total  # 2·(2·2 + 2 + 1) + 2 + 1 + 10 per line
    81
    """
    # [.., n, ..] = aten._fft_r2c([.., n, ..], dims, normalization, onesided)
    *others, last = dim
    n = self.shape[last]
    half = list(self.shape)
    half[last] = n // 2 + 1
    numel = self.numel // max(n, 1) * half[last]
    lines = real_line(n) * (self.numel // max(n, 1))
    return lines + _along(half, others) + _scaled(2 * numel, normalization)


@formula(aten._fft_c2r, no_nest=True, knows_complex=True)
def fft_c2r(self: Meta, dim: Sequence[int], normalization: int, last_dim_size: int, out: Meta) -> Work:
    """The other axes as complex transforms over the half, then the last one back to real numbers.

    >>> fft_c2r.work(TensorMeta((3, 5), "complex64"), (1,), 0, 8, TensorMeta((3, 8))).scalar_ops.total  # 3·(2·8 + 14)
    90
    """
    # [.., n, ..] = aten._fft_c2r([.., n // 2 + 1, ..], dims, normalization, n)
    *others, last = dim
    half = list(self.shape)
    half[last] = min(half[last], last_dim_size // 2 + 1)
    lines = line_to_real(last_dim_size) * (out.numel // max(last_dim_size, 1))
    return _along(half, others) + lines + _scaled(out.numel, normalization)


def _root(n: int, k: int, sign: int) -> ComplexNumber:
    return ComplexNumber(cos(2 * pi * k / n), sign * sin(2 * pi * k / n))


def _defined(x: list[Any], sign: int) -> list[Any]:
    """The transform of a prime length by its definition."""
    p = len(x)
    if p == 2:
        return [x[0] + x[1], x[0] - x[1]]
    rest = [[v * _root(p, r * j, sign) if j else v for r, v in enumerate(x) if r] for j in range(p)]
    return [reduce(add, [x[0], *terms]) for terms in rest]


def _transform(x: list[Any], sign: int) -> list[Any]:
    n = len(x)
    if n < 2:
        return x
    p = smallest_factor(n)
    m, parts = n // p, [_transform(x[r::p], sign) for r in range(smallest_factor(n))]
    out: list[Any] = [None] * n
    for k in range(m):
        turned = [part[k] * _root(n, r * k, sign) if r else part[k] for r, part in enumerate(parts)]
        out[k::m] = _defined(turned, sign)
    return out


def _from_real(x: list[Any]) -> list[Any]:
    """⌊n/2⌋ + 1 results; the others are their conjugates."""
    n = len(x)
    if n < 2:
        return x
    p = smallest_factor(n)
    m, parts = n // p, [_from_real(x[r::p]) for r in range(smallest_factor(n))]
    out: list[Any] = [None] * (n // 2 + 1)
    first = [part[0] for part in parts]
    out[0] = reduce(add, first)
    for j in range(1, p // 2 + 1):
        if p == 2:
            out[m] = first[0] - first[1]
        else:
            terms = [_turned(v, _root(p, r * j, -1)) for r, v in enumerate(first) if r]
            out[m * j] = reduce(add, terms) + first[0]
    for k in range(1, (m + 1) // 2):
        turned = [part[k] * _root(n, r * k, -1) if r else part[k] for r, part in enumerate(parts)]
        for j, value in enumerate(_defined(turned, -1)):
            at = k + m * j
            out[min(at, n - at)] = value if at <= n // 2 else conjugate(value)
    if m % 2 == 0:
        out[m // 2] = ComplexNumber(parts[0][m // 2], -parts[1][m // 2])
    return out


def _turned(real: Number, root: ComplexNumber) -> ComplexNumber:
    return ComplexNumber(real * root.real, real * root.imag)


def _complex(value: Any) -> ComplexNumber:
    return value if isinstance(value, ComplexNumber) else ComplexNumber(value, value.tally.number(0.0))


def _real(value: Any) -> Any:
    return value.real if isinstance(value, ComplexNumber) else value


def _to_real(x: list[Any], n: int) -> list[Any]:
    """``x`` holds ⌊n/2⌋ + 1 numbers."""
    if n < 2:
        return [_real(x[0])]
    p = smallest_factor(n)
    m = n // p
    whole = [x[i] if i <= n // 2 else conjugate(x[n - i]) for i in range(n)]
    parts: list[list[Any]] = [[] for _ in range(p)]
    for r, value in enumerate(_real_results([whole[m * j] for j in range(p)])):
        parts[r].append(value)
    for k in range(1, (m + 1) // 2):
        for r, value in enumerate(_defined([whole[k + m * j] for j in range(p)], 1)):
            parts[r].append(value * _root(n, r * k, 1) if r else value)
    if m % 2 == 0:
        parts[0].append(whole[m // 2].real * 2.0)
        parts[1].append(whole[m // 2].imag * -2.0)
    out: list[Any] = [None] * n
    for r, part in enumerate(parts):
        out[r::p] = _to_real(part, m)
    return out


def _real_results(x: list[Any]) -> list[Any]:
    """p real results of numbers of which those from both ends are conjugates."""
    p, first = len(x), _real(x[0])
    if p == 2:
        return [first + _real(x[1]), first - _real(x[1])]
    results = [reduce(add, [first, *(x[j].real * 2.0 for j in range(1, p // 2 + 1))])]
    for r in range(1, p):
        roots = [(x[j], _root(p, r * j, 1)) for j in range(1, p // 2 + 1)]
        results.append(reduce(add, [first, *(v.real * (2 * w.real) - v.imag * (2 * w.imag) for v, w in roots)]))
    return results


def _lines(function: Any, x: Any, dim: int, length: int) -> Any:
    moved = np.moveaxis(x, dim, -1)
    out = np.empty((*moved.shape[:-1], length), dtype=object)
    for at in np.ndindex(*moved.shape[:-1]):
        out[at] = np.array([None, *function(list(moved[at]))], dtype=object)[1:]
    return np.moveaxis(out, -1, dim)


def _normalised(x: Any, sizes: Sequence[int], normalization: int) -> Any:
    n = float(np.prod(sizes))
    return x if normalization == 0 else x * (n**-0.5 if normalization == 1 else 1 / n)


@fft_c2c.program
def _fft_c2c(self: Any, dim: Sequence[int], normalization: int, forward: bool) -> Any:
    sizes = [self.shape[d] for d in dim]
    for d in dim:
        self = _lines(lambda x: _transform(x, -1 if forward else 1), self, d, self.shape[d])
    return _normalised(self, sizes, normalization)


@fft_r2c.program
def _fft_r2c(self: Any, dim: Sequence[int], normalization: int, onesided: bool) -> Any:
    *others, last = dim
    sizes = [self.shape[d] for d in dim]
    self = _lines(lambda x: [_complex(v) for v in _from_real(x)], self, last, self.shape[last] // 2 + 1)
    for d in others:
        self = _lines(lambda x: _transform(x, -1), self, d, self.shape[d])
    return _normalised(self, sizes, normalization)


@fft_c2r.program
def _fft_c2r(self: Any, dim: Sequence[int], normalization: int, last_dim_size: int) -> Any:
    *others, last = dim
    for d in others:
        self = _lines(lambda x: _transform(x, 1), self, d, self.shape[d])
    self = _lines(lambda x: _to_real(x, last_dim_size), self, last, last_dim_size)
    return _normalised(self, [*(self.shape[d] for d in others), last_dim_size], normalization)
