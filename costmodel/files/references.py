"""Words that name a model within a submission: ``FILE.py:NAME``, ``FILE.py``, ``NAME``."""

from __future__ import annotations


def split_model(text: str) -> tuple[str | None, str | None]:
    """The file and the name of an object in it; None is not said.

    >>> split_model("models/net.py:Net"), split_model("net.py"), split_model("Net"), split_model(":Net")
    (('models/net.py', 'Net'), ('net.py', None), (None, 'Net'), (None, 'Net'))
    """
    file, colon, name = text.strip().rpartition(":")
    if colon:
        return file or None, name or None
    if text.strip().endswith(".py"):
        return text.strip(), None
    return None, text.strip() or None
