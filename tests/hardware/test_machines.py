"""The machines that come with costmodel, by name."""

from __future__ import annotations

import pytest

from costmodel.errors import UnknownNameError
from costmodel.hardware.machines import hardware_names, load_hardware


@pytest.mark.parametrize("name", hardware_names())
def test_every_machine_loads_under_its_name_and_cites_its_sources(name: str) -> None:
    spec = load_hardware(name)
    assert spec.name == name
    assert all(spec.sources.values())


def test_an_unknown_machine_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="simple_weight_stationary"):
        load_hardware("simple_weight_stationery")
