"""Names that people know ops by (torch.nn's and its functional's), and the ATen ops that torch computes them with."""

from __future__ import annotations

import re

_CONVOLUTION = ("convolution",)
_NORM = ("native_batch_norm",)
_COMPUTED_WITH = {
    "conv": _CONVOLUTION,
    "conv_transpose": _CONVOLUTION,
    "batch_norm": _NORM,
    "instance_norm": _NORM,
    "layer_norm": ("native_layer_norm",),
    "group_norm": ("native_group_norm",),
    "linear": ("addmm", "mm"),
    "einsum": ("bmm",),
    "softmax": ("_softmax",),
    "log_softmax": ("_log_softmax",),
    "cross_entropy": ("_log_softmax", "nll_loss_forward"),
    "nll_loss": ("nll_loss_forward",),
    "max_pool": ("max_pool2d_with_indices",),
    "adaptive_avg_pool": ("mean", "_adaptive_avg_pool2d"),
    "dropout": ("native_dropout", "bernoulli"),
    "scaled_dot_product_attention": ("_scaled_dot_product_flash_attention_for_cpu",),
    "pad": ("constant_pad_nd",),
    "interpolate": ("upsample_nearest2d", "upsample_bilinear2d"),
    "l1_loss": ("sub", "abs", "mean"),
}
_DIMENSIONS = re.compile(r"_?[123]d$")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SHORT = {"re_lu": "relu", "batchnorm": "batch_norm", "layernorm": "layer_norm", "groupnorm": "group_norm",
          "convtranspose": "conv_transpose", "maxpool": "max_pool", "crossentropy": "cross_entropy",
          "ge_lu": "gelu", "si_lu": "silu", "cross_entropy_loss": "cross_entropy", "instancenorm": "instance_norm",
          "adaptive_avgpool": "adaptive_avg_pool"}  # fmt: skip


def computed_with(name: str) -> tuple[str, ...]:
    """The ops behind a common name; () if it is none.

    >>> computed_with("conv2d"), computed_with("nn.BatchNorm2d"), computed_with("F.cross_entropy")
    (('convolution',), ('native_batch_norm',), ('_log_softmax', 'nll_loss_forward'))
    """
    return _COMPUTED_WITH.get(common(name), ())


def common(name: str) -> str:
    """A name without what differs between a layer, a function and the number of dimensions.

    >>> common("torch.nn.Conv2d"), common("F.max_pool1d"), common("nn.ReLU")
    ('conv', 'max_pool', 'relu')
    """
    bare = _HUMP.sub("_", name.rpartition(".")[2]).lower()
    bare = _DIMENSIONS.sub("", bare)
    return _SHORT.get(bare, bare)
