"""Traits: what passes are told of an op, and that it is true of torch's own results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from costmodel.ops import formulas, lookup, traits_of
from costmodel.ops.packets import packet_name
from costmodel.ops.pointwise import PointwiseFormula
from costmodel.ops.traits import NO_TRAITS, Traits
from tests.conformance.test_formulas import CASES, bind

aten = torch.ops.aten


def traits_in(case: Any) -> Traits:
    return traits_of(packet_name(case.op.overloadpacket))


def first(value: Any) -> torch.Tensor:
    result: torch.Tensor = value[0] if isinstance(value, (tuple, list)) else value
    return result


def test_every_elementwise_op_keeps_channels() -> None:
    elementwise = {id(entry): entry for entry in formulas().values() if isinstance(entry, PointwiseFormula)}
    assert len(elementwise) > 100
    assert all(entry.traits.keeps_channels for entry in elementwise.values())


def test_an_op_in_place_has_the_traits_of_the_plain_one_and_an_unknown_op_none() -> None:
    assert traits_of("aten.relu_") == traits_of("aten.relu") != NO_TRAITS
    assert traits_of("aten.fft_fft") == NO_TRAITS


@pytest.mark.parametrize("case", [case for case in CASES if traits_in(case).keeps_channels], ids=str)
def test_what_keeps_channels_has_the_broadcast_shape_of_its_operands_or_pools_it(case: Any) -> None:
    tensors = [v for v in bind(case).values() if isinstance(v, torch.Tensor)]
    out = first(case.op(*case.args, **case.kwargs))
    whole = np.broadcast_shapes(*(t.shape for t in tensors)) if len(tensors) == 1 or _alike(tensors) else None
    if whole is not None and tuple(out.shape) != tuple(whole):  # pooling and resampling: batch and channels stay
        assert (len(out.shape), out.shape[:2]) == (len(whole), whole[:2])


def _alike(tensors: list[torch.Tensor]) -> bool:
    try:
        np.broadcast_shapes(*(t.shape for t in tensors))
    except ValueError:
        return False
    return all(t.dim() == tensors[0].dim() for t in tensors)


@pytest.mark.parametrize("case", [case for case in CASES if traits_in(case).reduces], ids=str)
def test_what_reduces_folds_the_axes_that_dim_names(case: Any) -> None:
    arguments = bind(case)
    dims = arguments.get("dim")
    if dims is None or isinstance(dims, torch.Tensor):
        return
    shape = list(arguments["self"].shape)
    folded = {d % len(shape) for d in (dims if isinstance(dims, (list, tuple)) else (dims,))} or set(range(len(shape)))
    keepdim = arguments.get("keepdim", False)
    want = [1 if d in folded else n for d, n in enumerate(shape) if keepdim or d not in folded]
    assert list(first(case.op(*case.args, **case.kwargs)).shape) == want


def test_what_reshapes_keeps_the_elements_in_their_order() -> None:
    x = torch.arange(24.0).reshape(2, 3, 1, 4)
    results = {
        "aten.view": aten.view(x, [6, 4]),
        "aten._unsafe_view": aten._unsafe_view(x, [2, 12]),
        "aten.reshape": aten.reshape(x, [4, 6]),
        "aten.squeeze": aten.squeeze(x),
        "aten.unsqueeze": aten.unsqueeze(x, 2),
        "aten.flatten": aten.flatten(x, 1),
        "aten.unflatten": aten.unflatten(x, 3, [2, 2]),
        "aten.view_as": aten.view_as(x, torch.zeros(8, 3)),
        "aten._reshape_alias": aten._reshape_alias(x, [4, 6], [6, 1]),
    }
    assert set(results) == {name for name, entry in formulas().items() if entry.traits.reshapes}
    for name, result in results.items():
        assert result.reshape(-1).tolist() == x.reshape(-1).tolist(), name


def test_a_mixing_op_sums_over_all_channels_of_its_operand() -> None:
    calls: dict[str, Any] = {
        "aten.mm": ((2, 3), (3, 4), lambda x, w: aten.mm(x, w)),
        "aten.addmm": ((2, 3), (3, 4), lambda x, w: aten.addmm(torch.zeros(4), x, w)),
        "aten.convolution": (
            (1, 3, 5, 5),
            (4, 3, 2, 2),
            lambda x, w: aten.convolution(x, w, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1),
        ),
    }
    for name, (operand, weight, run) in calls.items():
        assert traits_of(name).mixes is not None
        w = torch.ones(weight)
        for channel in range(3):  # each of them reaches every output channel
            x = torch.zeros(operand)
            x[:, channel] = 1.0
            assert (run(x, w) != 0).all(), name


def test_allocations_write_nothing_and_look_ups_return_elements_of_their_table() -> None:
    assert {n for n, f in formulas().items() if f.traits.allocates} == {
        "aten.empty", "aten.empty_like", "aten.empty_permuted", "aten.empty_strided",
        "aten.new_empty", "aten.new_empty_strided",
    }  # fmt: skip
    table, index = torch.randn(5, 3), torch.tensor([[4, 0], [1, 1]])
    found = {
        "aten.embedding": aten.embedding(table, index),
        "aten.index": aten.index(table, [index]),
        "aten.index_select": aten.index_select(table, 0, index[0]),
        "aten.gather": aten.gather(table, 0, index),
        "aten.slice_copy": aten.slice_copy(table, 0, 1, 3),
        "aten.take": aten.take(table, index),
        "aten._unsafe_index": aten._unsafe_index(table, [index]),
        "aten._unsafe_masked_index": aten._unsafe_masked_index(table, index < 9, [index, index.clamp(max=2)], 0.0),
    }
    assert set(found) == {name for name, entry in formulas().items() if entry.traits.looks_up}
    for name, result in found.items():
        assert torch.isin(result, table).all(), name


def test_gradients_name_the_op_that_they_are_of() -> None:
    named = {name: entry.traits.gradient_of for name, entry in formulas().items() if entry.traits.gradient_of}
    assert named == {"aten.convolution_backward": "aten.convolution"}
    assert all(lookup(op) is not None for op in named.values())


def test_what_takes_the_shape_alone_gives_the_same_for_other_values() -> None:
    """Those that draw aside: they give other numbers each time, whatever they are handed."""
    drawn = {
        "rand",
        "randn",
        "randint",
        "random",
        "uniform",
        "normal",
        "exponential",
        "cauchy",
        "geometric",
        "randperm",
    }
    x = torch.arange(6.0).reshape(2, 3)
    more: dict[str, tuple[object, ...]] = {
        "new_zeros": ([2],), "new_ones": ([2],), "new_full": ([2], 7.0), "full_like": (7.0,),
        "new_empty": ([2],), "new_empty_strided": ([2], [1]),
    }  # fmt: skip
    made = [n for n, f in formulas().items() if f.traits.shape_only and f.parameters == ()]
    tried = 0
    for name in made:
        packet = getattr(aten, name.removeprefix("aten."))
        overload = packet.default if "default" in packet.overloads() else None
        if overload is None or overload._schema.arguments[0].name != "self" or name.rpartition(".")[2] in drawn:
            continue
        rest = more.get(name.removeprefix("aten."), ())
        one, other = overload(x, *rest), overload(-x, *rest)
        tried += 1
        assert one.shape == other.shape, name
        assert "empty" in name or torch.equal(one, other), name
    assert tried >= 6


def test_bits_are_logic_and_those_that_shift_up_make_room() -> None:
    x = torch.tensor([1, 2, 3])
    up = {n for n, f in formulas().items() if f.traits.shifts_up}
    assert up == {"aten.bitwise_left_shift", "aten.__lshift__"}
    assert up < {n for n, f in formulas().items() if f.traits.bitwise}
    assert torch.equal(aten.bitwise_left_shift(x, 2), x * 4)


def test_what_cuda_does_otherwise_is_said_of_the_ops_that_do_it() -> None:
    found = {entry.traits.on_cuda for entry in formulas().values()}
    assert found == {
        "", "product", "product with bias", "convolution", "gradients of a convolution", "batch statistics", "softmax",
        "gradient of softmax", "row sums",
    }  # fmt: skip
    assert traits_of("aten.addmm").on_cuda == "product with bias"
    assert traits_of("aten.native_layer_norm").on_cuda == ""


SAID = {
    "shape_only": """
        cauchy empty empty_like empty_permuted empty_strided exponential full_like geometric log_normal new_empty
        new_empty_strided new_full new_ones new_zeros ones_like rand rand_like randint randint_like randn randn_like
        random randperm uniform zeros_like
    """,
    "overwrites": """
        _foreach_zero cauchy exponential geometric log_normal rand rand_like randint randint_like randn randn_like
        random randperm uniform zero
    """,
    "bitwise": """
        __and__ __lshift__ __or__ __rshift__ __xor__ bitwise_and bitwise_left_shift bitwise_not bitwise_or
        bitwise_right_shift bitwise_xor
    """,
    "draws_mask": "bernoulli",
    "lifts_literal": "lift_fresh",
    "cuts": "narrow slice",
    "knows_complex": """
        _fft_c2c _fft_c2r _fft_r2c _linalg_det _linalg_slogdet _linalg_solve_ex cholesky cholesky_inverse cholesky_solve
        geqrf linalg_cholesky_ex linalg_householder_product linalg_inv_ex linalg_lstsq linalg_lu linalg_lu_factor_ex
        linalg_lu_solve linalg_qr linalg_solve_triangular ormqr triangular_solve
    """,
    "reduces": "amax amin linalg_vector_norm logsumexp max mean min nansum std std_mean sum var var_mean",
    "no_nest": """
        _cdist_backward _cdist_forward _fft_c2c _fft_c2r _fft_r2c _linalg_det _linalg_slogdet _linalg_solve_ex
        _pdist_backward _pdist_forward cholesky cholesky_inverse cholesky_solve geqrf linalg_cholesky_ex
        linalg_householder_product linalg_inv_ex linalg_lstsq linalg_lu linalg_lu_factor_ex linalg_lu_solve linalg_qr
        linalg_solve_triangular ormqr triangular_solve
    """,
}
"""Traits that an op says of itself by a word, and the ops that say it."""

MAPS = """
    _adaptive_avg_pool2d _batch_norm_with_update _fused_moving_avg_obs_fq_helper _fused_rms_norm _log_softmax
    _native_batch_norm_legit _native_batch_norm_legit_no_training _softmax _upsample_bicubic2d_aa
    _upsample_bilinear2d_aa _upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d
    adaptive_max_pool2d alias avg_pool2d bitwise_and bitwise_left_shift cumprod cumsum empty_like
    fake_quantize_per_channel_affine_cachemask fractional_max_pool2d grid_sampler_2d logcumsumexp
    max_pool2d_with_indices native_batch_norm native_group_norm native_layer_norm renorm upsample_bicubic2d
    upsample_bilinear2d upsample_linear1d upsample_nearest1d upsample_nearest2d upsample_nearest3d
    upsample_trilinear3d zeros_like
"""


@pytest.mark.parametrize("trait", SAID)
def test_who_says_what(trait: str) -> None:
    said = {name for name, entry in formulas().items() if getattr(entry.traits, trait)}
    assert said == {f"aten.{name}" for name in SAID[trait].split()}


def test_what_is_no_elementwise_op_and_keeps_channels_all_the_same() -> None:
    kept = {
        entry.names[0].removeprefix("aten.")
        for entry in formulas().values()
        if entry.traits.keeps_channels and not isinstance(entry, PointwiseFormula)
    }
    assert kept == set(MAPS.split())
