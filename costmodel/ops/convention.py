"""Conventions: how Work becomes a number. The choices of ``haet`` are published here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from costmodel.ir.work import Work


@dataclass(frozen=True)
class Convention:
    """A named way to turn work into an integer.

    Attributes:
        name: as printed.
        edition: a change of any choice is a new edition.
        number: the rule itself.
    """

    name: str
    edition: int
    number: Callable[[Work], int]

    def __str__(self) -> str:
        return f"{self.name}, edition {self.edition}"


FLOPS_PER_MAC = 2

HAET = Convention("haet", 1, lambda work: work.scalar_ops.total)
HAET_WITHOUT_RANDOM = Convention("haet without random", 1, lambda work: work.scalar_ops.total - work.scalar_ops.random)
MACS = Convention("macs", 1, lambda work: work.macs)
FLOPS = Convention("flops", 1, lambda work: FLOPS_PER_MAC * work.macs)

CHOICES = (
    ("dot product of length K", "K multiplies + (K-1) adds; a bias is +1 add"),
    ("padding", "products with padding zeros are counted; transposed convolution: adds = products - outputs touched"),
    ("pooling of a k² window", "max: k²-1 compares; average: k²-1 adds + 1 divide; true window sizes if adaptive or ceil"),
    ("ReLU, forward and backward", "1 and 1; LeakyReLU, ReLU6, hardtanh 2; GELU, SiLU, … by their scalar program"),
    ("transcendental", "1 each"),
    ("softmax over C", "(C-1) max, C subtract, C exp, (C-1) add, C divide; log_softmax 5C-1 per row"),
    ("cross-entropy, mean over B", "log_softmax + B negate, B-1 add, 1 divide"),
    ("batch norm", "training: statistics, normalisation, affine, running statistics; eval: scale and shift per channel, then 2n"),
    ("layer, group, RMS norm", "the same program over their own groups, without running statistics"),
    ("backward of convolution, linear, matmul", "each weight a dot over batch·positions; input gradient as forward, adds = products - inputs touched"),
    ("backward of pooling", "max: adds of overlaps; average: 1 divide per output plus the adds of overlaps"),
    ("fan-in of gradients", "1 add per element for each accumulation"),
    ("optimizer", "as executed in steady state; the first update, which makes the state, once; foreach and fused as the plain loop"),
    ("dropout", "random 1, compare 1, multiply 1, scale 1 per element; backward 2"),
    ("free", "views, reshapes, copies, casts, gathers, look-ups, padding, fills, index arithmetic (not on integers of the batch)"),
    ("algorithm", "the direct one; no Winograd, FFT or fusion credit; recomputation counts again"),
    ("attention", "dense: QKᵀ, scale, mask, softmax, ·V; the causal half is reported beside it"),
    ("sparsity, precision", "none: all operations are equivalent"),
    ("batch", "the whole batch, as traced"),
    ("parameters", "each trainable tensor once, shared ones once; frozen ones and buffers reported, not counted"),
    ("training", "Σ over phases of steps · step; the last partial batch at its own size"),
    ("unknown op", "never 0: listed, total marked 'at least', a limit that hangs on it UNDECIDED"),
    ("Fourier transform of N = p·m", "where a program asks for one: p of m, p-1 twiddle factors, p results by definition; 5·N·log₂N for a power of two"),
    ("linear algebra", "the counts of LAPACK's Working Note 41, compares for pivots beside them; what iterates (svd, eigh, eig, matrix_exp) is unknown"),
    ("complex numbers", "real results: a product is 4 multiplies and 2 adds; functions by their textbook formulas"),
    ("heavy work in no loop nest", "counted; a machine's energy and cycles are then 'at least'"),
)  # fmt: skip  # one row, one line
"""Edition 1 of ``haet``, row by row; those after the unknown op are of ops that were unknown before."""
