"""An answer as data: JSON of our schema, without surrogates or non-finite numbers. Nothing in it is believed yet."""

from __future__ import annotations

import dataclasses
import json
from typing import NoReturn

from costmodel.errors import FormatError
from costmodel.grading.child.messages import ANSWER, Answer
from costmodel.ir.codec import from_data


def parse(data: bytes) -> Answer:
    """The answer that ``data`` is.

    Raises:
        FormatError: not JSON of our schema; says where.
    """
    try:
        tree = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
        # a lone surrogate is legal JSON, but no text that could be written to a file
        json.dumps(tree, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as problem:
        raise FormatError(f"not JSON: {type(problem).__name__}") from None
    if not isinstance(tree, dict) or tree.pop("schema", None) != ANSWER:
        raise FormatError(f"not an answer of schema {ANSWER}")
    # files of an earlier release may lack a field; an answer is of this process's own child
    missing = {field.name for field in dataclasses.fields(Answer)} - set(tree)
    if missing:
        raise FormatError(f"not an answer: it lacks {', '.join(sorted(missing))}")
    answer: Answer = from_data(Answer, tree)
    return answer


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
