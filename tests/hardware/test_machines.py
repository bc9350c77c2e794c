"""The machines that come with costmodel, by name."""

from __future__ import annotations

from importlib.resources import files

import pytest

from costmodel.errors import UnknownNameError
from costmodel.hardware.machines import hardware_names, load_hardware, spec_folder


@pytest.mark.parametrize("name", hardware_names())
def test_every_machine_loads_under_its_name_and_cites_its_sources(name: str) -> None:
    spec = load_hardware(name)
    assert spec.name == name
    assert all(spec.sources.values())


def test_an_unknown_machine_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="simple_weight_stationary"):
        load_hardware("simple_weight_stationery")


def test_what_a_machine_is_read_from_lies_in_the_package() -> None:
    # a wheel takes every file of the package: what moves has to take its tables along
    assert files("costmodel.hardware.timeloop").joinpath("components.yaml").is_file()
    assert [spec_folder() / f"{name}.yaml" for name in hardware_names()] == sorted(spec_folder().glob("*.yaml"))
