"""Ops that do no arithmetic (COUNTING row 15): they move, name, make, read or cast what is there.

A cast changes the type of each number and makes no new result; a fill makes constants; index and mask
arithmetic (integers, booleans) only selects. Ops with the same traits are one list.
"""

from __future__ import annotations

from typing import Any

from costmodel.ir.work import ZERO, Work
from costmodel.ops.formula import formula
from costmodel.ops.packets import aten, prim, profiler

CHANNELS_IN_PLACE = """
    alias clone contiguous copy detach positive lift lift_fresh_copy _conj conj resolve_conj _to_copy to type_as
    _conj_physical conj_physical _conj_copy _neg_view _neg_view_copy resolve_neg _lazy_clone
    alias_copy detach_copy expand expand_as expand_copy masked_fill where constant_pad_nd reflection_pad1d
    reflection_pad2d reflection_pad3d replication_pad1d replication_pad2d replication_pad3d max_unpool2d max_unpool3d
"""
BITS = "bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_right_shift __and__ __or__ __xor__ __rshift__"
SHIFTS_UP = "bitwise_left_shift __lshift__"
FILLED_ALIKE = "zeros_like ones_like full_like"
RESHAPES = "reshape squeeze unsqueeze view view_as flatten unflatten _reshape_alias _unsafe_view"
LITERALS = "lift_fresh"
LOOK_UPS = "gather index index_select slice_copy take _unsafe_index _unsafe_masked_index"
ALLOCATIONS_ALIKE = "empty_like"
ALLOCATIONS = "empty empty_strided empty_permuted new_empty new_empty_strided"
CUTS = "slice narrow"
VIEWS = """
    as_strided diagonal permute select split split_with_sizes t transpose unbind unfold movedim chunk
    swapaxes numpy_T mT unsafe_split unsafe_split_with_sizes unsafe_chunk view_as_real view_as_complex real imag set_
"""
COPIES = """
    _copy_from cat concat stack hstack vstack repeat repeat_interleave roll flip rot90 tile
    _foreach_copy _foreach_clone resize resize_ pixel_shuffle pixel_unshuffle channel_shuffle
    native_channel_shuffle block_diag diag_embed diag tril triu im2col
    as_strided_scatter select_scatter slice_scatter diagonal_scatter permute_copy view_copy
    unsqueeze_copy squeeze_copy transpose_copy select_copy split_with_sizes_copy unbind_copy
    as_strided_copy unfold_copy t_copy diagonal_copy diagonal_backward select_backward slice_backward
    _chunk_cat _stack narrow_copy split_copy resize_as resize_as_ _resize_output lu_unpack _pack_padded_sequence
    _reshape_copy _reshape_alias_copy view_as_real_copy view_as_complex_copy
    _sparse_coo_tensor_with_dims_and_tensors _indices _values
"""
FILLED = "new_zeros new_ones new_full"
ZEROED = "zero _foreach_zero"
CREATIONS = """
    zeros ones full scalar_tensor arange range eye
    linspace logspace complex fill tril_indices triu_indices _efficientzerotensor fft_fftfreq fft_rfftfreq
    hann_window hamming_window blackman_window bartlett_window kaiser_window
"""
SELECTIONS = """
    take_along_dim index_copy index_fill masked_scatter masked_scatter_backward masked_select
"""
READS = """
    _is_all_true _is_any_true _local_scalar_dense item is_same_size is_nonzero sym_size sym_numel
    sym_stride sym_storage_offset size stride numel is_contiguous is_pinned pin_memory _pin_memory
    is_coalesced _nnz record_stream _assert_async _assert_tensor_metadata _linalg_check_errors _functional_assert_async
    _assert_scalar _functional_assert_scalar sym_constrain_range sym_constrain_range_for_size
    _functional_sym_constrain_range _functional_sym_constrain_range_for_size _has_same_storage_numel is_set_to
    _fused_sdp_choice
"""
OUTSIDE_ATEN = (
    prim.device,
    profiler._record_function_enter_new,
    profiler._record_function_exit,
)


def nothing() -> Work:
    """Nothing.

    >>> nothing().scalar_ops.total
    0
    """
    # [..] = aten.view([..]) and the like
    return ZERO


def _free(names: str, *more: object, **traits: Any) -> None:
    packets = [getattr(aten, name) for name in names.split()]
    formula(*packets, *more, **traits)(nothing)


_free(CHANNELS_IN_PLACE, keeps_channels=True)
_free(BITS, keeps_channels=True, bitwise=True)
_free(SHIFTS_UP, keeps_channels=True, bitwise=True, shifts_up=True)
_free(FILLED_ALIKE, keeps_channels=True, shape_only=True)
_free(RESHAPES, reshapes=True)
_free(CUTS, cuts=True)
_free(LITERALS, lifts_literal=True)
_free(LOOK_UPS, looks_up="self")
_free(ALLOCATIONS_ALIKE, allocates=True, keeps_channels=True, shape_only=True)
_free(ALLOCATIONS, allocates=True, shape_only=True)
_free(FILLED, shape_only=True)
_free(ZEROED, overwrites=True)
_free(" ".join((VIEWS, COPIES, CREATIONS, SELECTIONS, READS)), *OUTSIDE_ATEN)
