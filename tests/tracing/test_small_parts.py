"""Arguments as plain data, advice on errors, recipes filled in, inputs from shapes and examples: each written out."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from costmodel.errors import RecipeError, RecipeFormatError, TraceError
from costmodel.ir.trace import Symbol, TensorRef
from costmodel.tracing import hints
from costmodel.tracing.arguments import decode, encode, encode_call, parameter_names, resolve, written_names
from costmodel.tracing.inputs import batch_of, call, from_example, is_example, own_batch_size, sizes_of
from costmodel.tracing.recipe.input_spec import InputSpec, parse_input
from costmodel.tracing.recipe.recipe import PhaseSpec, Recipe, make_recipe, read_recipe
from costmodel.tracing.recipe.schedule import schedule


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None), (True, True), (3, 3), ("a", "a"), (0.5, 0.5), (math.inf, Symbol("float", "inf")),
        (-math.inf, Symbol("float", "-inf")), (torch.float16, Symbol("dtype", "float16")),
        (torch.strided, Symbol("layout", "strided")), (torch.channels_last, Symbol("memory_format", "channels_last")),
        (torch.device("cuda:1"), Symbol("device", "cuda:1")), (1 + 2j, Symbol("complex", "(1+2j)")),
    ],
)  # fmt: skip
def test_an_argument_as_plain_data_and_back(value: Any, plain: Any) -> None:
    assert encode(value, lambda _: 0) == plain
    assert decode(plain, lambda _: None) == value


def test_tensors_lists_and_generators() -> None:
    one, two = torch.zeros(1), torch.zeros(2)
    plain = encode([one, (2, [two]), None], lambda tensor: tensor.numel())
    assert plain == (TensorRef(1), (2, (TensorRef(2),)), None)
    assert decode(plain, lambda number: {1: one, 2: two}[number]) == [one, [2, [two]], None]
    assert encode(torch.Generator(), lambda _: 0) is None
    assert math.isnan(decode(encode(math.nan, lambda _: 0), lambda _: None))
    with pytest.raises(TraceError) as caught:
        encode({"a": "x" * 300}, lambda _: 0)
    shown = "an argument of type dict cannot be recorded: {'a': '"
    assert str(caught.value) == shown + "x" * (200 - len(shown))


def test_a_call_by_its_schema() -> None:
    add = torch.ops.aten.add_.Tensor
    assert resolve("aten.add_.Tensor") is add
    assert parameter_names(add) == ("self", "other", "alpha")
    assert written_names(add) == {"self"}
    assert written_names(torch.ops.aten.add.Tensor) == frozenset()
    assert written_names(torch.ops.aten.add.out) == {"out"}
    x = torch.zeros(3)
    assert encode_call(add, (x, 2), {"alpha": 3}, lambda tensor: tensor.numel()) == (
        ("self", TensorRef(3)), ("other", 2), ("alpha", 3),
    )  # fmt: skip


NUMPY = "NumPy needs values, which do not exist before the run; use torch instead"
CPU = "trace on cpu (the target device is a parameter of the cost model, not of the trace)"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("first\nsecond"), "ValueError: first"), (ValueError(""), "ValueError: "),
        (ValueError("x" * 400), "ValueError: " + "x" * 300),
        (ImportError("cannot import name 'a' from 'b' (/usr/lib/b.py)"), "ImportError: cannot import name 'a' from 'b'"),  # noqa: E501
        (ImportError("CUDA numpy"), "ImportError: CUDA numpy"), (SystemExit("no CUDA"), "SystemExit: no CUDA"),
        (RuntimeError("<f at 0x7f0123456789>"), "RuntimeError: <f at 0x…>"),
        (RuntimeError("Can't call .numpy() on it"), f"Can't call .numpy() on it: {NUMPY}"),
        (RuntimeError("NumPy array"), f"NumPy array: {NUMPY}"),
        (AttributeError("module 'numpy' has no attribute 'int'"),
         "AttributeError: module 'numpy' has no attribute 'int'"),
        (AttributeError("x.numpy() fails"), f"x.numpy() fails: {NUMPY}"),
        (RuntimeError("no CUDA here"), f"no CUDA here: {CPU}"), (RuntimeError("cuda:0"), f"cuda:0: {CPU}"),
        (RuntimeError("There was no fake impl registered for <CustomOpDef(a::b)>. This is necessary"),
         "There was no fake impl registered for <CustomOpDef(a::b)>: register one with torch.library.register_fake"),
        (RuntimeError("UninitializedParameter"), "a lazy layer (nn.LazyLinear …) has no size before it runs, and cannot be "  # noqa: E501
         "traced: give it its input size"),
        (RuntimeError("an uninitialized parameter"), "a lazy layer (nn.LazyLinear …) has no size before it runs, and cannot "  # noqa: E501
         "be traced: give it its input size"),
        (RuntimeError("x\nconvert all Tensors to FakeTensors"), "a real tensor made outside the model meets the traced ones; "  # noqa: E501
         "make it a buffer (register_buffer) or create it inside forward"),
        (RuntimeError("x\nScriptModule y"), "a module made by torch.jit.script or torch.jit.trace is a program of its own, "  # noqa: E501
         "without calls to record; give the plain module"),
        (RuntimeError("CUDAGraph"), "a CUDA graph replays kernels, which a trace does not have; run the step as it is"),
        (UserWarning("User: CUDA is not available. Disabling"), hints.AUTOCAST_CUDA),
        (RuntimeError("User: CUDA is not available. Disabling"), f"User: CUDA is not available. Disabling: {CPU}"),
    ],
)  # fmt: skip
def test_advice_on_an_error(error: BaseException, said: str) -> None:
    assert hints.advice(error) == said


FIT = "do --input and --batch fit the model?"
TOKENS = "whole numbers, tokens for example, are an input of type int64: --input "


@pytest.mark.parametrize(
    ("error", "sizes", "said"),
    [
        (TypeError("forward() takes 2 positional arguments but 3 were given"), (),
         "--input lists the model's inputs with commas, each as sizes with x: 3x32x32,10:int64"),
        (TypeError("f() takes 2 positional arguments"), (), ""),
        (RuntimeError("Expected tensor for argument to have one of the following scalar types: Long"), (5, 3),
         f"{TOKENS}5x3:int64"),
        (RuntimeError("tensors used as indices must be long"), (), f"{TOKENS}256:int64"),
        (RuntimeError("index tensor must be"), (7,), f"{TOKENS}7:int64"),
        *((RuntimeError(f"bad {word} here"), (), FIT) for word in ("shape", "size", "dimension", "reduction dim", "channels")),  # noqa: E501
        (RuntimeError("nothing known"), (), ""), (ImportError("shape"), (), ""), (RuntimeError("shape of CUDA"), (), ""),  # noqa: E501
        (RuntimeError("first\nshape"), (), ""),
    ],
)  # fmt: skip
def test_what_the_options_may_have_to_do_with_it(error: BaseException, sizes: tuple[int, ...], said: str) -> None:
    assert hints.hint(error, sizes) == said


def test_what_a_users_code_raises_becomes_one_line() -> None:
    with (
        pytest.raises(
            RecipeError, match=rf"^loss failed at test_small_parts\.py:\d+: ValueError: bad shape; {re.escape(FIT)}$"
        ) as caught,
        hints.explained(RecipeError, "loss failed"),
    ):
        raise ValueError("bad shape")
    assert caught.value.hint == FIT
    with pytest.raises(TraceError, match=r"^already said$"), hints.explained(RecipeError, "loss failed"):
        raise TraceError("already said")
    with pytest.raises(RecipeError, match="SystemExit"), hints.explained(RecipeError, "it"):
        raise SystemExit(3)


def spec(*shape: int, dtype: str = "", name: str = "") -> InputSpec:
    return InputSpec(shape=shape, dtype=dtype, name=name)


@pytest.mark.parametrize(
    ("given", "inputs"),
    [
        ("ids=256:int64,3x8x8", (spec(256, dtype="int64", name="ids"), spec(3, 8, 8))), ("", (spec(),)),
        (" x = 1 ", (spec(1, name="x"),)), (":int64", (spec(dtype="int64"),)), ((3, 8), (spec(3, 8),)), ([3], (spec(3),)),  # noqa: E501
        ({"a": "3x8", "b": (4,)}, (spec(3, 8, name="a"), spec(4, name="b"))),
    ],
)  # fmt: skip
def test_inputs_as_people_write_them(given: Any, inputs: tuple[InputSpec, ...]) -> None:
    assert parse_input(given) == inputs
    assert make_recipe({"input": given}, "here").input == inputs


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3x", "'3x' is not an input shape; write 3x32x32, or 256:int64 for tokens, without the batch dimension"),
        ("3x0", "'3x0': sizes are at least 1"),
        ("a-b=3", "'a-b' is not the name of an argument of forward"),
    ],
)
def test_inputs_that_are_none(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        parse_input(text)
    with pytest.raises(RecipeFormatError) as refused:
        make_recipe({"input": text}, "here")
    assert str(refused.value).startswith("here: input: ")


ITS_LOSS: dict[str, Any] = {"loss": "cross_entropy", "loss_options": {}}


def test_a_phase_has_its_own_and_else_the_recipes() -> None:
    recipe = make_recipe({"batch": 8, "samples": 100, "epochs": 3, "drop_last": True, "cycle": 2, "input": "5"}, "here")
    (whole,) = recipe.stretches()
    assert whole == PhaseSpec(
        name="training", input=(spec(5),), batch=8, samples=100, epochs=3, drop_last=True, cycle=2, **ITS_LOSS
    )
    own = {"name": "p", "batch": 4, "samples": 50, "epochs": 2, "drop_last": False, "cycle": 1, "input": "6"}
    (phase,) = recipe.model_copy(update={"phases": (PhaseSpec.model_validate(own),)}).stretches()
    assert phase == PhaseSpec.model_validate(own | ITS_LOSS)
    (stepped,) = recipe.model_copy(update={"phases": (PhaseSpec(name="p", steps=9),)}).stretches()
    assert (stepped.steps, stepped.epochs, stepped.samples) == (9, None, 100)
    assert Recipe().stretches()[0] == PhaseSpec(
        name="training", input=(spec(3, 32, 32),), drop_last=False, cycle=1, **ITS_LOSS
    )
    for wrong, said in (
        ({"epochs": 3}, "epochs need samples: how many steps an epoch has is not known otherwise"),
        ({"epochs": 3, "samples": 5, "steps": 2}, "give steps, or samples and epochs"), ({"batch": 0}, "batch"),
        ({"phases": [{"name": "p", "epochs": 1}]}, "epochs need samples"), ({"cycle": 0}, "cycle"),
    ):  # fmt: skip
        with pytest.raises(RecipeFormatError, match=said):
            make_recipe(wrong, "here")


@pytest.mark.parametrize(
    ("phase", "steps"),
    [
        ({}, (None, None)), ({"steps": 7}, (7, None)), ({"samples": 10}, (10, None)), ({"samples": 10, "batch": 4}, (2, 2)),  # noqa: E501
        ({"samples": 12, "batch": 4, "epochs": 3}, (9, None)), ({"samples": 10, "batch": 4, "epochs": 3}, (6, 2)),
        ({"samples": 10, "batch": 4, "epochs": 3, "drop_last": True}, (6, None)), ({"samples": 3, "batch": 4}, (0, 3)),
    ],
)  # fmt: skip
def test_how_many_steps(phase: dict[str, Any], steps: tuple[int | None, int | None]) -> None:
    found = schedule(PhaseSpec(name="p", **phase))
    assert (found.steps, found.last_batch) == steps


def test_a_recipe_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text("model: net.py:Net\noptimizer_options: {lr: 0.1, betas: [0.5, 1]}\n", encoding="utf-8")
    recipe = read_recipe(file)
    assert recipe.model == f"{tmp_path}/net.py:Net"
    assert recipe.optimizer_options == {"lr": 0.1, "betas": [0.5, 1]}
    assert isinstance(recipe.optimizer_options["lr"], float)
    file.write_text("model: package.Net\n", encoding="utf-8")
    assert read_recipe(file).model == "package.Net"
    assert [str(one) for one in (spec(3, 8), spec(4, dtype="int64", name="ids"), spec())] == ["3x8", "ids=4:int64", ""]


def test_batches_from_shapes_and_from_examples() -> None:
    image, tokens = batch_of({}, (spec(3, 8), spec(4, dtype="int64")), 2)
    assert (image.shape, image.dtype, tokens.shape, tokens.dtype) == ((2, 3, 8), torch.float32, (2, 4), torch.int64)
    assert not tokens.any()
    assert image.any()
    assert batch_of({}, (spec(2, dtype="complex64"),), 3)[0].dtype is torch.complex64
    named = batch_of({}, (spec(3, name="a"), spec(4, name="b")), 2)
    assert {name: tuple(one.shape) for name, one in named.items()} == {"a": (2, 3), "b": (2, 4)}
    with pytest.raises(RecipeError, match="input 4 has no name, and others have: name every one, as in ids=128:int64"):
        batch_of({}, (spec(3, name="a"), spec(4)), 2)
    for dtype in ("float3", "Tensor"):
        with pytest.raises(RecipeError, match=f"torch has no element type '{dtype}'; try float32, int64"):
            batch_of({}, (spec(3, dtype=dtype),), 2)
    assert batch_of({"example_batch": lambda: "own"}, (), 2) == "own"
    assert batch_of({"example_batch": lambda size: size}, (), 2) == 2
    assert own_batch_size({}) is own_batch_size({"example_batch": lambda size: size}) is None
    scalar, batch = torch.zeros(()), torch.zeros(5, 2)
    assert own_batch_size({"example_batch": lambda: [scalar, {"x": batch}]}) == 5
    assert own_batch_size({"example_batch": lambda: [scalar]}) == 1
    with pytest.raises(RecipeError, match=r"example_batch\(\) failed"):
        own_batch_size({"example_batch": lambda: 1 / 0})


def test_examples_and_calls() -> None:
    x = torch.zeros(4, 3).t().requires_grad_()
    (made,) = from_example(x)()
    assert (made.shape, made.stride(), made.requires_grad, made.dtype) == (x.shape, x.stride(), True, x.dtype)
    again = from_example({"a": [torch.zeros(2, dtype=torch.int64), 7]})()
    assert (again["a"][0].dtype, again["a"][1]) == (torch.int64, 7)
    assert [is_example(v) for v in (x, [(1, {"a": x})], (3, 4), "3x4", None)] == [True, True, False, False, False]
    assert sizes_of([x, torch.zeros(2, 6, dtype=torch.int64), 3]) == "3x4, 2x6:int64"

    def model(*args: Any, **named: Any) -> Any:
        return args, named

    one: Any = model
    assert call(one, {"a": 1}) == ((), {"a": 1})
    assert call(one, x)[0] == (x,)
    assert call(one, (1, 2)) == ((1, 2), {})
