"""The YAML form of a machine: what is refused, and what follows from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.errors import UsageError
from costmodel.hardware.machines import load_hardware, spec_folder


def test_the_labs_area_is_the_recorded_one() -> None:
    # timeloop.md section 10: 256·(1239.5 + 3634.68 + 3·5.98) + 1162549 = 2414931.7 um2, as the course recorded
    assert load_hardware("simple_weight_stationary").area_um2 == pytest.approx(2414931.7, abs=0.05)


def test_the_labs_registers_cost_what_timeloops_own_model_says() -> None:
    read, write = load_hardware("simple_weight_stationary").levels[0].access_pj
    # one word of 16 bits: ((5/99.5)·(16/8192 − 0.5) + 1)·16/16; the recorded energies agree with it (tests/oracles)
    assert read == write == pytest.approx(0.97497252, abs=5e-9)


def test_the_digest_is_that_of_the_content(tmp_path: Path) -> None:
    text = (spec_folder() / "simple_weight_stationary.yaml").read_text(encoding="utf-8")
    copy = tmp_path / "mine.yaml"
    copy.write_text(text, encoding="utf-8")
    spec = load_hardware("simple_weight_stationary")
    assert load_hardware(str(copy)).digest == spec.digest
    copy.write_text(text.replace("value: 192", "value: 193"), encoding="utf-8")
    assert load_hardware(str(copy)).digest != spec.digest


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    keep: [Outputs]", "    keeps: [Outputs]", "levels.0.keeps: unknown key"),
        ("capacity: {value: 192", "capacity: {value: -192", "levels.3.capacity.value"),
        ("    write: {value: 75.2148, unit: pJ, source: accelergy}\n", "", "give read and write, or pat_register"),
        ("{target: DRAM, type: temporal", "{target: SRAM, type: temporal", "'SRAM' is not a level"),
        ("unit: pJ, source: accelergy}", "unit: pJ, source: hearsay}", "'hearsay' is not among sources"),
        ("unit: um2, source", "source", "Field required"),
    ],
)
def test_an_impossible_spec_names_file_line_and_field(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (spec_folder() / "simple_weight_stationary.yaml").read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "broken.yaml"
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UsageError, match=r"broken\.yaml:\d+: ") as caught:
        load_hardware(str(broken))
    assert said in str(caught.value)
