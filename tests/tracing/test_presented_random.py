"""The model that is judged owns every parameter of the instance that the file itself builds, whatever stands beside it.

Python says which one that is: the file is run as a script, and the network that its own code makes is looked at.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from costmodel.errors import NoChoiceError
from costmodel.tracing.finding.choice import Known, choose
from costmodel.tracing.finding.plan import Plan

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def part(name: str, body: str, forward: str, argument: str = "") -> str:
    """A class that can be traced alone."""
    return (
        f"class {name}(nn.Module):\n    def __init__(self{argument}):\n        super().__init__()\n        {body}\n"
        f"    def forward(self, x):\n        return {forward}\n"
    )


PARTS = {
    "Stem": part("Stem", "self.c = nn.Conv2d(3, 3, 3, padding=1)", "F.relu(self.c(x))"),
    "Swish": part("Swish", "pass", "x * torch.sigmoid(x)"),
    "Block": part("Block", "self.c = nn.Conv2d(3, width, 1)", "self.c(x)[:, :3]", ", width=3"),
    "Probe": part("Probe", "self.c = nn.Conv2d(3, 64, 5)", "self.c(x).mean((2, 3))"),
}
PRESENTED = {
    "an instance": "{name} = Net({width})\n",
    "a named argument": "{name} = Net(width={width})\n",
    "a width of its own": "WIDTH = {width}\n{name} = Net(WIDTH)\n",
    "under main": "if __name__ == '__main__':\n    {name} = Net(width={width})\n",
    "in main()": (
        "def main():\n    {name} = Net({width})\n    made.append({name})\n\nif __name__ == '__main__':\n    main()\n"
    ),
    "a factory": "def get_model():\n    return Net({width})\n{name} = get_model()\n",
    "from a dictionary": "options = dict(width={width})\n{name} = Net(**options)\n",
    "trained": "{name} = Net({width})\nopt = torch.optim.SGD({name}.parameters(), lr=0.1)\n{name}.train()\n",
}


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bool]:
    """A file with a network, parts that it uses, classes that it does not, and code that builds it.

    Beside it whether its name says that it is the model; if not, another class may be meant as well.
    """
    names = draw(st.permutations(sorted(PARTS)))
    used = draw(st.lists(st.sampled_from(("Stem", "Swish", "Block")), max_size=2, unique=True))
    made = ", ".join(f"{name}()" for name in used)
    net = (
        f"class Net(nn.Module):\n    def __init__(self, width={draw(st.sampled_from((2, 4)))}):\n"
        f"        super().__init__()\n        self.before = nn.Sequential({made})\n"
        "        self.c, self.f = nn.Conv2d(3, width, 3), nn.Linear(width, 10)\n"
        "    def forward(self, x):\n        return self.f(torch.relu(self.c(self.before(x))).mean((2, 3)))\n"
    )
    place = draw(st.integers(0, len(names)))
    classes = [PARTS[name] for name in names[: draw(st.integers(0, len(names)))] if name not in used]
    classes = [*(PARTS[name] for name in used), *classes]
    classes.insert(place, net)
    present = PRESENTED[draw(st.sampled_from(sorted(PRESENTED)))]
    name = draw(st.sampled_from(("model", "net", "student")))
    lines = [HEAD, "made = []", *classes, present.format(name=name, width=draw(st.integers(5, 40)))]
    return "\n".join(lines), name != "student"


def own_instance(source: str) -> nn.Module:
    """What the file builds when Python runs it."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "net.py", "exec"), namespace)
    made: list[nn.Module] = namespace["made"]
    (model,) = [*(value for value in namespace.values() if isinstance(value, nn.Module)), *made]
    return model


def chosen(folder: Path) -> Plan | NoChoiceError:
    try:
        return choose(folder, Known(settings={}, defaults={"input": "3x8x8"})).plan
    except NoChoiceError as error:
        return error


def parameters(model: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}


@settings(max_examples=25, deadline=None)
@given(files())
def test_the_judged_model_owns_every_parameter_of_the_files_own_instance(drawn: tuple[str, bool]) -> None:
    source, clear = drawn
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "net.py").write_text(source, encoding="utf-8")
        found = chosen(Path(folder))
        if isinstance(found, NoChoiceError):
            assert found.several, found.message
            assert not clear, found.message
            return
        with found.mode:
            judged = found.subject.make()
    due = own_instance(source)
    assert type(judged).__name__ == type(due).__name__ == "Net"
    assert parameters(judged) == parameters(due)
