"""Ops that do no arithmetic (COUNTING row 15): they move, name, make, read or cast what is there.

A cast changes the type of each number and makes no new result; a fill makes constants; index and mask
arithmetic (integers, booleans) only selects.
"""

from __future__ import annotations

import torch

from costmodel.ir.work import ZERO, Work
from costmodel.ops.formula import formula

aten = torch.ops.aten

VIEWS = """
    alias as_strided detach diagonal expand expand_as permute reshape select slice split split_with_sizes
    squeeze t transpose unbind unfold unsqueeze view view_as movedim narrow chunk swapaxes flatten
    unflatten numpy_T mT _reshape_alias _unsafe_view unsafe_split unsafe_split_with_sizes unsafe_chunk
    view_as_real view_as_complex real imag _conj conj resolve_conj positive lift lift_fresh lift_fresh_copy set_
"""
COPIES = """
    clone copy _copy_from contiguous cat concat stack hstack vstack repeat repeat_interleave roll flip
    rot90 tile _to_copy to type_as _foreach_copy _foreach_clone resize resize_ pixel_shuffle
    pixel_unshuffle channel_shuffle native_channel_shuffle block_diag diag_embed diag tril triu
    as_strided_scatter select_scatter slice_scatter diagonal_scatter expand_copy permute_copy view_copy
    unsqueeze_copy squeeze_copy transpose_copy slice_copy select_copy split_with_sizes_copy unbind_copy
    as_strided_copy detach_copy alias_copy unfold_copy t_copy diagonal_copy diagonal_backward
    select_backward slice_backward constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d
    replication_pad1d replication_pad2d replication_pad3d im2col max_unpool2d max_unpool3d
"""
CREATIONS = """
    empty empty_like empty_strided empty_permuted new_empty new_empty_strided new_zeros new_ones new_full
    zeros zeros_like ones ones_like full full_like scalar_tensor arange range eye linspace logspace
    complex fill zero tril_indices triu_indices _efficientzerotensor _foreach_zero
"""
SELECTIONS = """
    index _unsafe_index gather take take_along_dim index_select index_copy index_fill masked_fill
    masked_scatter masked_scatter_backward masked_select where
"""
INDEX_ARITHMETIC = """
    bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift __and__ __or__
    __xor__ __lshift__ __rshift__
"""
READS = """
    _is_all_true _is_any_true _local_scalar_dense item is_same_size is_nonzero sym_size sym_numel
    sym_stride sym_storage_offset size stride numel is_contiguous is_pinned pin_memory _pin_memory
    record_stream _assert_async _assert_tensor_metadata
"""


def _packets() -> list[object]:
    names = " ".join((VIEWS, COPIES, CREATIONS, SELECTIONS, INDEX_ARITHMETIC, READS)).split()
    # an older or newer torch may lack one of them, and then cannot record it
    return [getattr(aten, name) for name in names if hasattr(aten, name)]


@formula(
    *_packets(),
    torch.ops.prim.device,
    torch.ops.profiler._record_function_enter_new,
    torch.ops.profiler._record_function_exit,
)
def free() -> Work:
    """Nothing.

    >>> free.work().scalar_ops.total
    0
    """
    # [..] = aten.view([..]) and the like
    return ZERO
