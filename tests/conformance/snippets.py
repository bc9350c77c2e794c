"""The lines that people write in a training step: one line per function, each run forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Snippet = Callable[[], Any]


def t(*shape: int) -> Tensor:
    """A differentiable input."""
    return torch.rand(shape, requires_grad=True)


def n(high: int, *shape: int) -> Tensor:
    """Integers below ``high``."""
    return torch.randint(0, high, shape)


X = (2, 4, 6)
IMAGE = (2, 4, 6, 6)
VOLUME = (2, 4, 4, 4, 4)

ACTIVATIONS: dict[str, Snippet] = {
    "relu": lambda: F.relu(t(*X)),
    "relu_": lambda: F.relu(t(*X) * 2, inplace=True),
    "relu6": lambda: F.relu6(t(*X)),
    "leaky_relu": lambda: F.leaky_relu(t(*X)),
    "leaky_relu_": lambda: F.leaky_relu(t(*X) * 2, inplace=True),
    "elu": lambda: F.elu(t(*X)),
    "elu_": lambda: F.elu(t(*X) * 2, inplace=True),
    "selu": lambda: F.selu(t(*X)),
    "celu": lambda: F.celu(t(*X), alpha=1.5),
    "gelu": lambda: F.gelu(t(*X)),
    "gelu tanh": lambda: F.gelu(t(*X), approximate="tanh"),
    "silu": lambda: F.silu(t(*X)),
    "silu_": lambda: F.silu(t(*X) * 2, inplace=True),
    "mish": lambda: F.mish(t(*X)),
    "softplus": lambda: F.softplus(t(*X)),
    "softsign": lambda: F.softsign(t(*X)),
    "tanhshrink": lambda: F.tanhshrink(t(*X)),
    "hardtanh": lambda: F.hardtanh(t(*X)),
    "hardtanh_": lambda: F.hardtanh(t(*X) * 2, inplace=True),
    "hardswish": lambda: F.hardswish(t(*X)),
    "hardsigmoid": lambda: F.hardsigmoid(t(*X)),
    "hardshrink": lambda: F.hardshrink(t(*X)),
    "softshrink": lambda: F.softshrink(t(*X)),
    "threshold": lambda: F.threshold(t(*X), 0.1, 0.2),
    "logsigmoid": lambda: F.logsigmoid(t(*X)),
    "prelu": lambda: F.prelu(t(*X), t(4)),
    "rrelu": lambda: F.rrelu(t(*X), training=True),
    "rrelu eval": lambda: F.rrelu(t(*X), training=False),
    "glu": lambda: F.glu(t(*X)),
    "sigmoid": lambda: F.sigmoid(t(*X)),
    "tanh": lambda: F.tanh(t(*X)),
    "softmax": lambda: F.softmax(t(*X), 1),
    "softmax masked": lambda: torch.softmax(t(3, 3).masked_fill(torch.ones(3, 3).triu(1).bool(), -1e9), -1),
    "softmin": lambda: F.softmin(t(*X), 1),
    "log_softmax": lambda: F.log_softmax(t(*X), 1),
    "gumbel_softmax": lambda: F.gumbel_softmax(t(3, 5)),
    "gumbel_softmax hard": lambda: F.gumbel_softmax(t(3, 5), hard=True),
}

LOSSES: dict[str, Snippet] = {
    "ctc": lambda: F.ctc_loss(t(5, 2, 4).log_softmax(2), n(3, 2, 3) + 1, n(1, 2) + 5, n(1, 2) + 3),
    "multilabel_margin": lambda: F.multilabel_margin_loss(t(3, 5), n(5, 3, 5)),
    "cross_entropy": lambda: F.cross_entropy(t(3, 5), n(5, 3)),
    "cross_entropy sum": lambda: F.cross_entropy(t(3, 5), n(5, 3), reduction="sum"),
    "cross_entropy none": lambda: F.cross_entropy(t(3, 5), n(5, 3), reduction="none"),
    "cross_entropy smoothing": lambda: F.cross_entropy(t(3, 5), n(5, 3), label_smoothing=0.1),
    "cross_entropy smoothing weight": lambda: F.cross_entropy(t(3, 5), n(5, 3), torch.rand(5), label_smoothing=0.1),
    "cross_entropy probabilities": lambda: F.cross_entropy(t(3, 5), torch.rand(3, 5)),
    "cross_entropy probabilities smoothing": lambda: F.cross_entropy(
        t(3, 5), torch.rand(3, 5), torch.rand(5), label_smoothing=0.1
    ),
    "cross_entropy weight": lambda: F.cross_entropy(t(3, 5), n(5, 3), torch.rand(5)),
    "cross_entropy 2d": lambda: F.cross_entropy(t(2, 5, 4, 4), n(5, 2, 4, 4)),
    "cross_entropy 3d": lambda: F.cross_entropy(t(2, 5, 4), n(5, 2, 4)),
    "nll": lambda: F.nll_loss(t(3, 5), n(5, 3)),
    "nll 2d": lambda: F.nll_loss(t(2, 5, 4, 4), n(5, 2, 4, 4)),
    "mse": lambda: F.mse_loss(t(*X), t(*X)),
    "mse none": lambda: F.mse_loss(t(*X), torch.rand(X), reduction="none"),
    "l1": lambda: F.l1_loss(t(*X), torch.rand(X)),
    "smooth_l1": lambda: F.smooth_l1_loss(t(*X), torch.rand(X)),
    "huber": lambda: F.huber_loss(t(*X), torch.rand(X)),
    "bce": lambda: F.binary_cross_entropy(t(*X), torch.rand(X)),
    "bce weight": lambda: F.binary_cross_entropy(t(*X), torch.rand(X), torch.rand(X)),
    "bce_with_logits": lambda: F.binary_cross_entropy_with_logits(t(*X), torch.rand(X)),
    "bce_with_logits pos_weight": lambda: F.binary_cross_entropy_with_logits(
        t(*X), torch.rand(X), torch.rand(6), pos_weight=torch.rand(6)
    ),
    "kl_div": lambda: F.kl_div(t(3, 5), torch.rand(3, 5), reduction="batchmean"),
    "kl_div log": lambda: F.kl_div(t(3, 5), torch.rand(3, 5), log_target=True, reduction="batchmean"),
    "poisson": lambda: F.poisson_nll_loss(t(*X), torch.rand(X)),
    "poisson full": lambda: F.poisson_nll_loss(t(*X), torch.rand(X), log_input=False, full=True),
    "gaussian": lambda: F.gaussian_nll_loss(t(*X), torch.rand(X), t(*X), full=True),
    "hinge": lambda: F.hinge_embedding_loss(t(*X), n(2, *X) * 2 - 1),
    "cosine": lambda: F.cosine_embedding_loss(t(3, 5), t(3, 5), torch.tensor([1, -1, 1])),
    "margin": lambda: F.margin_ranking_loss(t(3), t(3), torch.tensor([1, -1, 1])),
    "triplet": lambda: F.triplet_margin_loss(t(3, 5), t(3, 5), t(3, 5)),
    "triplet swap": lambda: F.triplet_margin_loss(t(3, 5), t(3, 5), t(3, 5), swap=True),
    "triplet distance": lambda: F.triplet_margin_with_distance_loss(t(3, 5), t(3, 5), t(3, 5)),
    "multi_margin": lambda: F.multi_margin_loss(t(3, 5), n(5, 3)),
    "multilabel_soft_margin": lambda: F.multilabel_soft_margin_loss(t(3, 5), torch.rand(3, 5)),
    "soft_margin": lambda: F.soft_margin_loss(t(3, 5), torch.rand(3, 5)),
}

POOLS: dict[str, Snippet] = {
    "fractional": lambda: F.fractional_max_pool2d(t(*IMAGE), 2, output_size=3),
    "max1": lambda: F.max_pool1d(t(*X), 2),
    "max2": lambda: F.max_pool2d(t(*IMAGE), 3, 2, 1, ceil_mode=True),
    "max2 indices": lambda: F.max_pool2d(t(*IMAGE), 2, return_indices=True)[0],
    "max3": lambda: F.max_pool3d(t(*VOLUME), 2),
    "avg1": lambda: F.avg_pool1d(t(*X), 2),
    "avg2": lambda: F.avg_pool2d(t(*IMAGE), 3, 2, 1, count_include_pad=False),
    "avg3": lambda: F.avg_pool3d(t(*VOLUME), 2),
    "adaptive_avg1": lambda: F.adaptive_avg_pool1d(t(*X), 4),
    "adaptive_avg2": lambda: F.adaptive_avg_pool2d(t(*IMAGE), (4, 4)),
    "adaptive_avg2 one": lambda: F.adaptive_avg_pool2d(t(*IMAGE), 1),
    "adaptive_avg3": lambda: F.adaptive_avg_pool3d(t(*VOLUME), (3, 3, 3)),
    "adaptive_max1": lambda: F.adaptive_max_pool1d(t(*X), 4),
    "adaptive_max2": lambda: F.adaptive_max_pool2d(t(*IMAGE), (4, 4)),
    "adaptive_max3": lambda: F.adaptive_max_pool3d(t(*VOLUME), (3, 3, 3)),
    "lp1": lambda: F.lp_pool1d(t(*X), 2, 2),
    "lp2": lambda: F.lp_pool2d(t(*IMAGE), 3.0, 2),
    "unpool2": lambda: F.max_unpool2d(*F.max_pool2d(t(*IMAGE), 2, return_indices=True), (2, 2)),
}

NORMS: dict[str, Snippet] = {
    "batch": lambda: F.batch_norm(t(*IMAGE), torch.zeros(4), torch.ones(4), t(4), t(4), training=True),
    "batch plain": lambda: F.batch_norm(t(*IMAGE), None, None, training=True),
    "batch eval": lambda: F.batch_norm(t(*IMAGE), torch.zeros(4), torch.ones(4), t(4), t(4)),
    "batch module": lambda: torch.nn.BatchNorm1d(6)(t(3, 6)),
    "layer": lambda: F.layer_norm(t(*X), (6,), t(6), t(6)),
    "layer plain": lambda: F.layer_norm(t(*X), (6,)),
    "group": lambda: F.group_norm(t(*IMAGE), 2, t(4), t(4)),
    "instance": lambda: F.instance_norm(t(*IMAGE), weight=t(4), bias=t(4)),
    "instance running": lambda: F.instance_norm(t(*IMAGE), torch.zeros(4), torch.ones(4)),
    "rms": lambda: F.rms_norm(t(*X), (6,), t(6)),
    "rms plain": lambda: F.rms_norm(t(*X), (6,)),
    "local response": lambda: F.local_response_norm(t(*IMAGE), 3),
    "normalize": lambda: F.normalize(t(*X)),
    "weight_norm": lambda: torch._weight_norm(t(4, 6), t(4, 1), 0),
    "weight_norm module": lambda: torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(6, 4)).weight,
    "cosine_similarity": lambda: F.cosine_similarity(t(3, 5), t(3, 5)),
    "pairwise_distance": lambda: F.pairwise_distance(t(3, 5), t(3, 5)),
    "cdist": lambda: torch.norm(t(3, 1, 5) - t(1, 4, 5), dim=-1),
}

SHAPING: dict[str, Snippet] = {
    "nearest1": lambda: F.interpolate(t(*X), scale_factor=2),
    "nearest2": lambda: F.interpolate(t(*IMAGE), scale_factor=2),
    "nearest3": lambda: F.interpolate(t(*VOLUME), scale_factor=2),
    "nearest-exact": lambda: F.interpolate(t(*IMAGE), scale_factor=2, mode="nearest-exact"),
    "linear": lambda: F.interpolate(t(*X), 9, mode="linear"),
    "bilinear": lambda: F.interpolate(t(*IMAGE), (9, 9), mode="bilinear"),
    "bilinear antialias": lambda: F.interpolate(t(*IMAGE), (3, 3), mode="bilinear", antialias=True),
    "bicubic": lambda: F.interpolate(t(*IMAGE), (9, 9), mode="bicubic", align_corners=True),
    "trilinear": lambda: F.interpolate(t(*VOLUME), (5, 5, 5), mode="trilinear"),
    "area": lambda: F.interpolate(t(*IMAGE), (3, 3), mode="area"),
    "pad constant": lambda: F.pad(t(*IMAGE), (1, 2, 1, 0), value=1.5),
    "pad reflect1": lambda: F.pad(t(*X), (1, 2), mode="reflect"),
    "pad reflect2": lambda: F.pad(t(*IMAGE), (1, 2, 1, 0), mode="reflect"),
    "pad reflect3": lambda: F.pad(t(*VOLUME), (1, 1, 1, 1, 1, 1), mode="reflect"),
    "pad replicate1": lambda: F.pad(t(*X), (1, 2), mode="replicate"),
    "pad replicate2": lambda: F.pad(t(*IMAGE), (1, 2, 1, 0), mode="replicate"),
    "pad replicate3": lambda: F.pad(t(*VOLUME), (1, 1, 1, 1, 1, 1), mode="replicate"),
    "pad circular": lambda: F.pad(t(*IMAGE), (1, 2, 1, 0), mode="circular"),
    "pixel_shuffle": lambda: F.pixel_shuffle(t(*IMAGE), 2),
    "pixel_unshuffle": lambda: F.pixel_unshuffle(t(*IMAGE), 2),
    "channel_shuffle": lambda: F.channel_shuffle(t(*IMAGE), 2),
    "one_hot": lambda: F.one_hot(n(5, 3), 5) * t(3, 5),
    "unfold": lambda: F.unfold(t(*IMAGE), 3),
    "fold": lambda: F.fold(t(2, 36, 16), (6, 6), 3),
    "tensor unfold": lambda: t(*X).unfold(2, 3, 1),
}

DROPOUTS: dict[str, Snippet] = {
    "dropout": lambda: F.dropout(t(*X), 0.3),
    "dropout_": lambda: F.dropout(t(*X) * 2, 0.3, inplace=True),
    "alpha": lambda: F.alpha_dropout(t(*X), 0.3, training=True),
    "feature": lambda: F.dropout2d(t(*IMAGE), 0.3),
    "dropout1d": lambda: F.dropout1d(t(*X), 0.3),
    "feature alpha": lambda: F.feature_alpha_dropout(t(*IMAGE), 0.3, training=True),
}

UNARY = """
    abs acos acosh angle asin asinh atan atanh ceil cos cosh deg2rad digamma erf erfc erfinv exp
    exp2 expm1 floor frac i0 lgamma log log10 log1p log2 logit nan_to_num neg rad2deg reciprocal
    round rsqrt sigmoid sign sgn sin sinc sinh sqrt square tan tanh trunc positive conj real isnan
    isinf isfinite isposinf isneginf signbit
"""
BINARY = """
    add sub mul div true_divide maximum minimum fmax fmin atan2 hypot logaddexp logaddexp2 fmod
    remainder pow xlogy copysign eq ne lt le gt ge rsub dist
"""
REDUCTIONS = """
    sum mean var std max min amax amin argmax argmin prod any all norm nansum nanmean median
    logsumexp cumsum cumprod cummax cummin logcumsumexp sort argsort aminmax var_mean std_mean msort
    count_nonzero kthvalue topk diff softmax
"""
DIMENSIONAL = "sum mean var std max min amax amin argmax prod any all nansum median sort var_mean"


def _function(name: str, *arguments: Callable[[], Tensor]) -> Snippet:
    return lambda: getattr(torch, name)(*(argument() for argument in arguments))


def _reduction(name: str, *arguments: Any) -> Snippet:
    return lambda: getattr(torch, name)(t(*X), *arguments)


_EXTRA = {
    "logsumexp": (1,),
    "cumsum": (1,),
    "cumprod": (1,),
    "cummax": (1,),
    "cummin": (1,),
    "logcumsumexp": (1,),
    "kthvalue": (2, 1),
    "topk": (2, 1),
    "softmax": (1,),
}

ELEMENTWISE: dict[str, Snippet] = {
    **{name: _function(name, lambda: t(*X)) for name in UNARY.split()},
    **{f"{name}(a, b)": _function(name, lambda: t(*X), lambda: t(*X)) for name in BINARY.split()},
    "scalars": lambda: 1 - (2 / (3 + t(*X) * 2 - 1)) ** 3,
    "pow scalar base": lambda: 2.0 ** t(*X),
    "pow square": lambda: t(*X) ** 2,
    "pow half": lambda: t(*X) ** 0.5,
    "iadd": lambda: (t(*X) * 1).add_(t(*X), alpha=2).mul_(t(*X)).div_(t(*X)).sub_(1),
    "broadcast": lambda: t(*X) * t(6) + t(4, 1),
    "div floor": lambda: torch.div(t(*X), 2, rounding_mode="floor"),
    "where": lambda: torch.where(t(*X) > 0.5, t(*X), t(*X)),
    "where scalar": lambda: torch.where(t(*X) > 0.5, t(*X), 0.0),
    "clamp": lambda: t(*X).clamp(0.1, 0.9),
    "clamp_min": lambda: t(*X).clamp_min(0.1),
    "clamp_max": lambda: t(*X).clamp_max(0.1),
    "clamp tensor": lambda: t(*X).clamp(t(*X), t(*X)),
    "lerp": lambda: torch.lerp(t(*X), t(*X), 0.3),
    "lerp tensor": lambda: torch.lerp(t(*X), t(*X), t(*X)),
    "addcmul": lambda: torch.addcmul(t(*X), t(*X), t(*X), value=2),
    "addcdiv": lambda: torch.addcdiv(t(*X), t(*X), t(*X), value=2),
    "logical": lambda: ((t(*X) > 0.5) & (t(*X) < 0.5) | ~(t(*X) > 0.1)).logical_not().float() * t(*X),
    "isclose": lambda: torch.isclose(t(*X), t(*X)).float() * t(*X),
    "cross": lambda: torch.linalg.cross(t(2, 3), t(2, 3)),
    "bitwise": lambda: (n(5, 3) % 2) + (n(5, 3) // 2) ^ 1 << 2,
}

REDUCING: dict[str, Snippet] = {
    **{name: _reduction(name, *_EXTRA.get(name, ())) for name in REDUCTIONS.split()},
    **{f"{name} dim": _reduction(name, 1) for name in DIMENSIONAL.split()},
    "norm1": lambda: t(*X).norm(p=1, dim=1),
    "norm inf": lambda: t(*X).norm(p=float("inf")),
    "norm 3": lambda: t(*X).norm(p=3, dim=(0, 1)),
    "vector_norm": lambda: torch.linalg.vector_norm(t(*X), dim=1),
    "trace": lambda: t(3, 3).trace(),
    "triu": lambda: t(3, 3).triu() + t(3, 3).tril(),
}

INDEXING: dict[str, Snippet] = {
    "index": lambda: t(*X)[n(2, 3)],
    "index mask": lambda: t(*X)[:, torch.tensor([0, 2])],
    "slice": lambda: t(*X)[:, 1:3, ::2],
    "gather": lambda: t(3, 5).gather(1, n(5, 3, 2)),
    "scatter": lambda: t(3, 5).scatter(1, n(5, 3, 2), t(3, 2)),
    "scatter value": lambda: t(3, 5).scatter(1, n(5, 3, 2), 1.0),
    "scatter_add": lambda: t(3, 5).scatter_add(1, n(5, 3, 2), t(3, 2)),
    "scatter_reduce": lambda: t(3, 5).scatter_reduce(1, n(5, 3, 2), t(3, 2), "sum"),
    "index_select": lambda: t(3, 5).index_select(1, n(5, 2)),
    "index_add": lambda: t(3, 5).index_add(1, n(5, 2), t(3, 2)),
    "index_copy": lambda: t(3, 5).index_copy(1, n(5, 2), t(3, 2)),
    "index_fill": lambda: t(3, 5).index_fill(1, n(5, 2), 1.0),
    "index_put": lambda: t(3, 5).index_put((n(3, 2),), t(2, 5)),
    "index_put accumulate": lambda: t(3, 5).index_put((n(3, 2),), t(2, 5), accumulate=True),
    "masked_fill": lambda: t(*X).masked_fill(t(*X) > 0.5, 0.0),
    "masked_scatter": lambda: t(*X).masked_scatter(torch.ones(X, dtype=torch.bool), t(*X)),
    "take": lambda: t(3, 5).take(n(15, 4)),
    "take_along_dim": lambda: t(3, 5).take_along_dim(n(5, 3, 5), 1),
    "setitem": lambda: (t(3, 5) * 1).__setitem__((slice(None), 0), 0.0),
}

FREE: dict[str, Snippet] = {
    "views": lambda: t(*X).view(8, 6).t().reshape(-1).unsqueeze(0).squeeze(0).expand(3, 48).permute(1, 0),
    "movements": lambda: torch.cat([t(*X).transpose(0, 1).contiguous(), t(4, 2, 6)]).flatten(1).movedim(0, 1),
    "splits": lambda: torch.stack([*t(*X).chunk(2, 1), *torch.split(t(*X), 2, 1), *t(*X).tensor_split(2, 1)]),
    "unbind": lambda: torch.hstack(t(*X).unbind(0)),
    "rolls": lambda: t(*X).roll(1, 2).flip(1).repeat(2, 1, 1).repeat_interleave(2, 0).rot90(),
    "narrow": lambda: t(*X).narrow(1, 0, 2).select(0, 1).diagonal(),
    "diag": lambda: torch.diag_embed(t(3)) + torch.diag(t(3)) + torch.eye(3),
    "casts": lambda: t(*X).half().float().double().to(torch.bfloat16).to("cpu", non_blocking=True).type(torch.float32),
    "clone": lambda: t(*X).clone().detach() + t(*X).data,
    "creation": lambda: torch.zeros(X) + torch.ones(X) + torch.full(X, 2.0) + torch.empty(X) + torch.arange(6.0),
    "likes": lambda: sum(f(t(*X)) for f in (torch.zeros_like, torch.ones_like, torch.empty_like)),
    "news": lambda: t(*X).new_zeros(6) + t(*X).new_ones(6) + t(*X).new_full((6,), 1.0) + t(*X).new_empty(6),
    "fills": lambda: torch.empty(X).fill_(1).zero_() + torch.full_like(t(*X), 2.0),
    "copy_": lambda: torch.empty(X).copy_(t(*X)),
    "linspace": lambda: torch.linspace(0, 1, 6) * t(*X),
    "tri masks": lambda: torch.tril(torch.ones(3, 3)) * torch.triu(torch.ones(3, 3), 1) * t(3, 3),
    "meshgrid": lambda: torch.meshgrid(t(3), t(4), indexing="ij")[0],
    "as_strided": lambda: t(*X).as_strided((2, 2), (1, 2)),
    "unflatten": lambda: torch.unflatten(t(*X), 1, (2, 2)).swapaxes(0, 1).T.mH,
    "complex": lambda: torch.view_as_real(torch.complex(t(3), t(3))),
    "tensor": lambda: torch.tensor([1.0, 2.0]) * torch.as_tensor(3.0) * t(2),
    "memory_format": lambda: t(*IMAGE).to(memory_format=torch.channels_last) + 1,
    "channels_last": lambda: t(*IMAGE).contiguous(memory_format=torch.channels_last) + 1,
}

RANDOM: dict[str, Snippet] = {
    "rand": lambda: torch.rand(3) + torch.randn(3) + torch.rand_like(t(3)) + torch.randn_like(t(3)),
    "normal": lambda: torch.normal(0.0, 1.0, (3,)) + torch.normal(torch.zeros(3), torch.ones(3)) * t(3),
    "integers": lambda: torch.randint(0, 5, (3,)) + torch.randint_like(t(3), 4) + torch.randperm(3),
    "bernoulli": lambda: torch.bernoulli(torch.rand(3)) * torch.empty(3).bernoulli_(0.3),
    "fills": lambda: torch.empty(3).uniform_().normal_(0, 2).exponential_().log_normal_().cauchy_().geometric_(0.2),
    "poisson": lambda: torch.poisson(torch.rand(3)) * t(3),
    "reparametrize": lambda: t(3) + torch.randn(3) * t(3).exp(),
    "initialize": lambda: torch.nn.init.kaiming_normal_(torch.empty(3, 4)),
    "truncated": lambda: torch.nn.init.trunc_normal_(torch.empty(3, 4)),
}

# without a closed count (they iterate until values converge, or their steps hang on values), or not published yet:
# reported as uncounted, never as zero
UNCOUNTED: dict[str, Snippet] = {
    "svd": lambda: torch.linalg.svdvals(t(3, 3)),
    "eigh": lambda: torch.linalg.eigvalsh(t(3, 3)),
    "eig": lambda: torch.linalg.eigvals(t(3, 3)),
    "pinv": lambda: torch.linalg.pinv(t(3, 2)),
    "matrix_exp": lambda: torch.linalg.matrix_exp(t(3, 3)),
    "nextafter": lambda: torch.nextafter(torch.rand(3), torch.rand(3)),
}

SNIPPETS: dict[str, Snippet] = {
    f"{family}: {name}": snippet
    for family, table in {
        "activation": ACTIVATIONS,
        "loss": LOSSES,
        "pool": POOLS,
        "norm": NORMS,
        "shaping": SHAPING,
        "dropout": DROPOUTS,
        "elementwise": ELEMENTWISE,
        "reduction": REDUCING,
        "indexing": INDEXING,
        "free": FREE,
        "random": RANDOM,
    }.items()
    for name, snippet in table.items()
}
