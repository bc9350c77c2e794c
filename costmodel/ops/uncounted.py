"""Ops that have no formula on purpose, and why: what their work hangs on is in no shape, or nobody has published it.

They are reported wherever they are met, and totals are "at least" (COUNTING row 22). Torch has further ops without a
formula that no training is known to use.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_ITERATES = "it iterates until its values have converged: how often is in no shape"
_STORED = "how many elements a sparse tensor stores is data"
_BINS = "how many elements a region's bins hold is data"
_DEGREE = "the degree of the polynomial is data"
_BITS = "it works on the bits of a number, not on its value"
_UNPUBLISHED = "nobody has published a scalar program of it here"

_BY_REASON: Mapping[str, str] = MappingProxyType(
    {
        _ITERATES: """
            _linalg_svd _linalg_eigh _linalg_eigvals linalg_eig linalg_eigvals linalg_pinv linalg_matrix_sqrth
            linalg_polar gcd lcm
        """,
        "the degree of its polynomial and the number of squarings hang on the matrix's norm": "linalg_matrix_exp",
        _STORED: """
            _sparse_mm_reduce_impl _sparse_mm_reduce_impl_backward _to_sparse sparse_mask sparse_sampled_addmm _coalesce
        """,
        _DEGREE: """
            special_chebyshev_polynomial_t special_chebyshev_polynomial_u special_chebyshev_polynomial_v
            special_chebyshev_polynomial_w special_hermite_polynomial_h special_hermite_polynomial_he
            special_laguerre_polynomial_l special_legendre_polynomial_p special_shifted_chebyshev_polynomial_t
            special_shifted_chebyshev_polynomial_u special_shifted_chebyshev_polynomial_v
            special_shifted_chebyshev_polynomial_w
        """,
        _BITS: "nextafter frexp hash_tensor",
        _UNPUBLISHED: """
            _histogramdd_bin_edges _histogramdd_from_bin_cts _histogramdd_from_bin_tensors histogram segment_reduce
            _segment_reduce_backward linalg_ldl_factor_ex linalg_ldl_solve
        """,
    }
)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        **{f"aten.{name}": reason for reason, names in _BY_REASON.items() for name in names.split()},
        "torchvision.roi_pool": _BINS,
        "torchvision.ps_roi_pool": _BINS,
        "torch_nn._linear_cross_entropy_batch_chunked": _UNPUBLISHED,
        "torch_nn._linear_cross_entropy_batch_chunked_no_reduction": _UNPUBLISHED,
    }
)
"""Packet → why it has no formula."""
