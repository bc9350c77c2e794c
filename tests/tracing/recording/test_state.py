"""What a step keeps is compared without asking more of an object than it is."""

from __future__ import annotations

import cProfile
from typing import Any

from torch import nn

from costmodel.tracing.recording.recorder import TAG
from costmodel.tracing.recording.state import changed, codes_run, state_of


class _AnswersAll:
    """An object that has every attribute, as a mock has, and pytest's ``mark``."""

    def __getattr__(self, name: str) -> Any:
        return type("Anything", (), {})


def test_an_object_that_answers_everything_is_no_generator() -> None:
    roots = ({"mark": _AnswersAll()},)
    model = nn.Linear(1, 1)
    assert not changed(state_of(model, roots), state_of(model, roots))


def test_what_the_recorder_notes_on_a_parameter_is_nothing_that_a_step_keeps() -> None:
    model = nn.Linear(1, 1)
    before = state_of(model, ())
    setattr(model.weight, TAG, (object(), 5, ((1, 1), 7)))
    assert not changed(before, state_of(model, ()))
    vars(model.weight)["steps"] = 1  # what the user notes there is
    assert changed(before, state_of(model, ())) == ("weight.steps",)


def test_a_profiler_that_runs_goes_on_afterwards() -> None:
    def met() -> None: ...

    with cProfile.Profile() as profiler:
        with codes_run() as codes:
            met()
        met()
    assert met.__code__ in codes
    calls = {entry.code: entry.callcount for entry in profiler.getstats()}
    assert calls[met.__code__] == 1
