"""Traits of an op: what passes must know about it beside its work, declared where its formula is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """Arguments of the decorators ``formula`` and ``pointwise``; the default of each says nothing.

    A name is that of a parameter in the op's schema. A trait that is left out is the cautious answer: an op that
    says nothing about channels freezes those that it meets.

    Attributes:
        keeps_channels: the results have the channels of the operands, in the same place (every elementwise op).
        channel_groups: the parameter with the number of equal groups into which the channels fall.
        mixes: (operand, weight): each output channel is a sum over all channels of the operand, its axis 1.
        reshapes: the result has the operand's elements in their order, under another shape.
        cuts: the result has some of the operand's elements, in their places: all of them, where it has its shape.
        reduces: the result folds the axes that the parameter ``dim`` names, and keeps them at size 1 if ``keepdim``.
        weights: the parameters through which a network's weights may enter.
        shape_only: of its tensors it takes the shape, the type and the device: their values do not reach the result.
        overwrites: what its first argument held before is gone, and nothing of another tensor comes in its place.
        bitwise: logic on bits, which is free where it selects (masks), and arithmetic on integers that carry data.
        shifts_up: it makes room below the bits of a number, in which another one may lie.
        looks_up: the parameter with the table, of which as many elements are read as are returned.
        samples: the parameter whose elements are taken where another tensor says, and mixed or scaled.
        allocates: the result is new memory into which nothing is written.
        causal_half: operations that a causal call spends on masked scores, from the call's own arguments.
        draws: every element of the result is drawn at random.
        draws_mask: every element of the result is 0 or 1, drawn.
        arithmetic: "multiply" or "divide", if the op is that and nothing else.
        lifts_literal: it makes a literal of the program a tensor of the step.
        gradient_of: the op whose gradients it computes.
        elementwise_unless: the parameter that makes it look at more than one element of an operand for each of its
            result; where that is false it is elementwise (batch normalisation in evaluation).
        no_nest: arithmetic of a matrix product's order that no loop nest describes: what a machine is said to spend
            is then "at least".
        on_cuda: what of its CUDA kernel decides what is allocated: "product" or "product with bias" (cuBLAS, cuBLASLt),
            "convolution" or "gradients of a convolution" (cuDNN), "batch statistics" (in float32 whatever the type),
            "softmax" or "gradient of softmax" (which convert types themselves), "row sums" (of attention).
        knows_complex: its formula counts the real operations of complex tensors itself.
        assumes: what the formula takes for granted of values that it does not see, as a sentence for the reader.
        elsewhere: what other counters make of it, if they are known to be wrong; shown by ``crosscheck``.
    """

    keeps_channels: bool = False
    channel_groups: str = ""
    mixes: tuple[str, str] | None = None
    reshapes: bool = False
    cuts: bool = False
    reduces: bool = False
    weights: tuple[str, ...] = ()
    shape_only: bool = False
    overwrites: bool = False
    bitwise: bool = False
    shifts_up: bool = False
    looks_up: str = ""
    samples: str = ""
    allocates: bool = False
    causal_half: Callable[..., int] | None = None
    draws: bool = False
    draws_mask: bool = False
    arithmetic: str = ""
    lifts_literal: bool = False
    gradient_of: str = ""
    elementwise_unless: str = ""
    no_nest: bool = False
    on_cuda: str = ""
    knows_complex: bool = False
    assumes: str = ""
    elsewhere: str = ""


NO_TRAITS = Traits()
