"""Recipes are data, checked; schedules count steps as a data loader does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.errors import RecipeError
from costmodel.tracing.recipe.input_spec import InputSpec, parse_input
from costmodel.tracing.recipe.recipe import PhaseSpec, Recipe, make_recipe, read_recipe
from costmodel.tracing.recipe.schedule import Schedule, kinds, schedule


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("3x32x32", [InputSpec(shape=(3, 32, 32))]),
        ("256:int64", [InputSpec(shape=(256,), dtype="int64")]),
        ("3x8x8, 5:int64", [InputSpec(shape=(3, 8, 8)), InputSpec(shape=(5,), dtype="int64")]),
        ("", [InputSpec(shape=())]),
    ],
)
def test_inputs(text: str, shapes: list[InputSpec]) -> None:
    assert parse_input(text) == tuple(shapes)
    assert parse_input(", ".join(map(str, shapes))) == tuple(shapes)


@pytest.mark.parametrize("text", ["3xfive", "0x3", "3,,", "-1"])
def test_a_bad_input_says_how_to_write_it(text: str) -> None:
    if text == "3,,":
        assert len(parse_input(text)) == 3  # two inputs without dimensions
        return
    with pytest.raises(ValueError, match=r"3x32x32|at least 1"):
        parse_input(text)


@given(samples=st.integers(1, 500), batch=st.integers(1, 64), epochs=st.integers(1, 5), drop_last=st.booleans())
def test_every_sample_is_seen_in_every_epoch(samples: int, batch: int, epochs: int, drop_last: bool) -> None:
    phase = PhaseSpec(name="p", batch=batch, samples=samples, epochs=epochs, drop_last=drop_last)
    plan = schedule(phase)
    assert plan.steps is not None
    seen = plan.steps * batch + (plan.last_batch or 0) * plan.last_steps
    assert seen == (samples - samples % batch if drop_last else samples) * epochs
    assert plan.last_batch is None or 0 < plan.last_batch < batch


def test_steps_and_nothing() -> None:
    assert schedule(PhaseSpec(name="p", batch=4, samples=10, steps=7)) == Schedule(7)
    assert schedule(PhaseSpec(name="p", batch=4)) == Schedule(None)


def _loop(samples: int, batch: int, epochs: float, drop_last: bool) -> list[int]:
    """The batch sizes of a training loop that stops at step ceil(epochs * len(loader)), run."""
    sizes = [min(batch, samples - start) for start in range(0, samples, batch)]
    if drop_last:
        sizes = [size for size in sizes if size == batch]
    done: list[int] = []
    while len(done) < epochs * len(sizes):
        done.append(sizes[len(done) % len(sizes)])
    return done


@given(
    samples=st.integers(1, 60),
    batch=st.integers(1, 12),
    quarters=st.integers(1, 30),
    drop_last=st.booleans(),
    every=st.dictionaries(st.sampled_from(["sam", "average", "lookahead"]), st.integers(2, 7)),
)
def test_the_kinds_of_steps_are_those_of_a_loop(
    samples: int, batch: int, quarters: int, drop_last: bool, every: dict[str, int]
) -> None:
    epochs = quarters / 4
    phase = PhaseSpec(name="p", batch=batch, samples=samples, epochs=epochs, drop_last=drop_last)
    loop = _loop(samples, batch, epochs, drop_last)
    expected: Counter[tuple[frozenset[str], int]] = Counter()
    for number, size in enumerate(loop, 1):
        expected[frozenset(name for name, k in every.items() if number % k == 0), size] += 1
    found: Counter[tuple[frozenset[str], int]] = Counter()
    for kind, times in kinds(schedule(phase), every):
        found[kind, batch] += times.steps or 0
        if times.last_batch is not None:
            found[kind, times.last_batch] += times.last_steps
    assert +found == +expected


def test_a_phase_takes_what_it_leaves_out_from_the_recipe() -> None:
    recipe = make_recipe(
        {
            "input": "3x32x32",
            "batch": 128,
            "samples": 50000,
            "epochs": 30,
            "phases": [
                {"name": "small", "input": "3x16x16", "epochs": 10},
                {"name": "large", "batch": 64, "steps": 5},
            ],
        },
        "test",
    )
    small, large = recipe.stretches()
    assert (small.input, small.batch, small.samples, small.epochs) == (
        (InputSpec(shape=(3, 16, 16)),),
        128,
        50000,
        10,
    )
    assert (large.input, large.batch, large.steps, large.epochs) == (
        (InputSpec(shape=(3, 32, 32)),),
        64,
        5,
        None,
    )


def test_without_phases_there_is_one() -> None:
    (phase,) = Recipe(batch=8).stretches()
    assert (phase.name, phase.batch) == ("training", 8)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"optimiser": "sgd"}, r"optimiser: unknown key; known: .*optimizer"),
    ({"batch": 0}, r"batch: "),
    ({"epochs": "many"}, r"epochs: "),
    ({"phases": [{"name": "a", "epoch": 3}]}, r"phases\.0\.epoch: unknown key; known: .*epochs"),
    ({"phases": [{"epochs": 3}]}, r"phases\.0\.name: "),
    ({"input": "3xfive"}, r"input: .*3x32x32"),
]


@pytest.mark.parametrize(("data", "message"), BAD)
def test_a_bad_recipe_names_the_field(data: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match="^here: " + message) as caught:
        make_recipe(data, "here")
    assert "\n" not in str(caught.value)


def test_a_recipe_file(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("model: net.py:Net\noptimizer: sgd\noptimizer_options: {lr: 0.1, momentum: 0.9}\nsamples: 100\n")
    recipe = read_recipe(path)
    assert recipe.model == str(tmp_path / "net.py:Net")
    assert recipe.optimizer_options == {"lr": 0.1, "momentum": 0.9}
    assert all(isinstance(value, float) for value in recipe.optimizer_options.values())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model: a.py\nbatch: 2\nlearning_rate: 1\n", r"recipe\.yaml:3: learning_rate: unknown key"),
        ("model: a.py\nphases:\n  - name: a\n    batch: none\n", r"recipe\.yaml:4: phases\.0\.batch"),
        ("model: [\n", r"recipe\.yaml:2: not YAML"),
        ("- a\n", r"recipe\.yaml:1: a mapping"),
    ],
)
def test_a_bad_file_names_the_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=message):
        read_recipe(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"gone\.yaml"):
        read_recipe(tmp_path / "gone.yaml")


def test_kinds_of_steps_without_a_length_are_seen_without_counting_to_where_they_meet() -> None:
    seen = [sorted(kind) for kind, _ in kinds(Schedule(None), {"sam": 4, "average": 6, "lookahead": 1_000_003})]
    # steps 1, 4, 6 and 12; then 1,000,003 and its multiples: the last one is step 12,000,036
    assert seen == [
        [], ["sam"], ["average"], ["average", "sam"],
        ["lookahead"], ["lookahead", "sam"], ["average", "lookahead"], ["average", "lookahead", "sam"],
    ]  # fmt: skip
