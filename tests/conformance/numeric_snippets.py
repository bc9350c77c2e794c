"""Lines of numerical code that a training step may hold: samples at places, transforms, linear algebra, searches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.conformance.snippets import IMAGE, VOLUME, Snippet, X, n, t

HANN = torch.hann_window(8)


def spd() -> Tensor:
    """A positive definite matrix."""
    a = t(4, 4)
    return a @ a.mT + torch.eye(4)


def _of(module: Any, name: str, argument: Callable[[], Tensor]) -> Snippet:
    return lambda: getattr(module, name)(argument())


SAMPLING: dict[str, Snippet] = {
    "grid_sample": lambda: F.grid_sample(t(*IMAGE), t(2, 3, 3, 2), align_corners=False),
    "grid_sample nearest": lambda: F.grid_sample(t(*IMAGE), t(2, 3, 3, 2), mode="nearest", align_corners=False),
    "grid_sample bicubic": lambda: F.grid_sample(t(*IMAGE), t(2, 3, 3, 2), mode="bicubic", align_corners=True),
    "grid_sample 3d": lambda: F.grid_sample(t(*VOLUME), t(2, 3, 3, 3, 3), align_corners=False),
    "affine_grid": lambda: F.affine_grid(t(2, 2, 3), [2, 4, 3, 3], align_corners=False),
}

FOURIER: dict[str, Snippet] = {
    **{
        name: _of(torch.fft, name, lambda: t(*X)) for name in ("fft", "ifft", "fft2", "ifftn", "rfft", "rfft2", "ihfft")
    },
    **{name: _of(torch.fft, name, lambda: torch.fft.fft(t(*X))) for name in ("irfft", "irfft2", "hfft")},
    "shifts": lambda: torch.fft.ifftshift(torch.fft.fftshift(t(*X))) * torch.fft.fftfreq(6),
    "stft": lambda: torch.stft(t(2, 32), 8, window=torch.hann_window(8), return_complex=True).abs(),
    "istft": lambda: torch.istft(torch.stft(t(2, 32), 8, return_complex=True, window=HANN), 8, window=HANN),
    "filter": lambda: torch.fft.irfft2(torch.fft.rfft2(t(*X)) * torch.complex(t(4, 4), t(4, 4))),
}

LINALG: dict[str, Snippet] = {
    **{name: _of(torch.linalg, name, spd) for name in ("inv", "det", "cholesky", "lu_factor", "qr", "matrix_norm")},
    "slogdet": lambda: torch.linalg.slogdet(spd())[1],
    "lu": lambda: torch.linalg.lu(spd())[1:],
    "solve": lambda: torch.linalg.solve(spd(), t(4, 2)),
    "solve vector": lambda: torch.linalg.solve(spd(), t(4)),
    "lstsq": lambda: torch.linalg.lstsq(t(6, 3), t(6, 2)).solution.detach() * t(2),
    "triangular": lambda: torch.linalg.solve_triangular(spd(), t(4, 2), upper=True),
    "cholesky_solve": lambda: torch.cholesky_solve(t(4, 2), torch.linalg.cholesky(spd())),
    "cholesky_inverse": lambda: torch.cholesky_inverse(torch.linalg.cholesky(spd())),
    "lu_solve": lambda: torch.linalg.lu_solve(*torch.linalg.lu_factor(spd()), t(4, 2)),
    "matrix_power": lambda: torch.linalg.matrix_power(spd(), -3),
    "multi_dot": lambda: torch.linalg.multi_dot([t(4, 2), t(2, 3), t(3, 4)]),
    "householder": lambda: torch.linalg.householder_product(t(5, 3), t(3)),
    "orthogonal": lambda: torch.nn.utils.parametrizations.orthogonal(torch.nn.Linear(3, 5)).weight,
    "cov": lambda: torch.cov(t(3, 5)),
    "corrcoef": lambda: torch.corrcoef(t(3, 5)),
    "trapezoid": lambda: torch.trapezoid(t(3, 5), dx=0.1),
    "cdist": lambda: torch.cdist(t(3, 5), t(4, 5)),
    "cdist 1": lambda: torch.cdist(t(3, 5), t(4, 5), p=1.0),
    "pdist": lambda: F.pdist(t(3, 5)),
}

SEARCHING: dict[str, Snippet] = {
    "bucketize": lambda: torch.bucketize(t(3), torch.rand(5)) * t(3),
    "searchsorted": lambda: torch.searchsorted(torch.rand(5).sort()[0], t(3)) * t(3),
    "multinomial": lambda: torch.multinomial(torch.rand(3, 5), 2, replacement=True) * t(3, 2),
    "renorm": lambda: t(*X).renorm(2, 1, 1.0),
    "mode": lambda: t(*X).mode(1),
    "histc": lambda: torch.histc(torch.rand(9), 4) * t(4),
    "bincount": lambda: torch.bincount(n(3, 5), torch.rand(5), 3) * t(3),
    "isin": lambda: torch.isin(t(3, 4), torch.rand(2)).float() * t(4),
    "unique": lambda: torch.unique(torch.tensor([2.0, 1.0, 2.0])) * t(2),
    "unique_consecutive": lambda: torch.unique_consecutive(torch.tensor([2.0, 1.0, 1.0])) * t(2),
    "unique_dim": lambda: torch.unique(torch.tensor([[2.0, 1.0], [2.0, 1.0]]), dim=0) * t(2),
    "nanmedian": lambda: t(*X).nanmedian(1),
    "allclose": lambda: t(3) * torch.allclose(torch.ones(3), torch.ones(3)),
    "equal": lambda: t(3) * torch.equal(torch.ones(3), torch.ones(3)),
    "max_norm": lambda: F.embedding(n(5, 3), t(5, 4), max_norm=1.0),
}

NUMERIC: dict[str, Snippet] = {
    f"{family}: {name}": snippet
    for family, table in {"sampling": SAMPLING, "fourier": FOURIER, "linalg": LINALG, "searching": SEARCHING}.items()
    for name, snippet in table.items()
}
