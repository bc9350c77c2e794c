"""The YAML form of a machine: what is refused, and what follows from it."""

from __future__ import annotations

from importlib.resources import files
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


PUBLISHED = ("eyeriss_like", "simba_like", "simple_output_stationary")


def test_a_field_that_nobody_gives_changes_no_digest() -> None:
    # saved analyses name the machine by it: this one was written down before clocks and vector units were known
    assert load_hardware("simple_weight_stationary").digest[:16] == "c26240b552cb76d5"


def test_leakage_is_that_of_all_instances() -> None:
    # ERT_summary.yaml of each design: Σ instances · pJ of `leak` in a cycle of 1 ns
    watts = {
        "eyeriss_like": (168 * (2374 + 134 + 1592 + 101) + 5652) * 1e-9,
        "simba_like": (256 * (3600 + 169) + 64 * (3416 + 104535) + 16 * 207488 + 3241) * 1e-9,
        "simple_output_stationary": (256 * (3600 + 1165) + 5353) * 1e-9,
    }
    for name in PUBLISHED:
        spec = load_hardware(name)
        assert spec.clock_hz == 1e9
        assert spec.leakage_watts == pytest.approx(watts[name], rel=1e-12)
        # timeloop-mapper.stats.txt of eyeriss_like: 86,016 cycles of 126 psum_spads leak 1452.29 pJ
    psum = load_hardware("eyeriss_like").levels[0].leakage
    assert psum is not None
    assert float(psum.value) * 86_016 * 126 == pytest.approx(1452.29, abs=0.005)
    lab = load_hardware("simple_weight_stationary")
    assert (lab.clock_hz, lab.leakage_watts, lab.vector) == (None, None, None)


def test_a_vector_unit_has_a_price_for_what_its_source_has() -> None:
    # Aladdin's tables at 45 nm and 32 bits: 0.21, 0.02947 and 12.68 pJ; a width scales them, a multiply's twice
    for name, width, node in (
        ("simba_like", 8, 1.0),
        ("simple_output_stationary", 16, 1.0),
        ("eyeriss_like", 8, 0.65934),
    ):
        vector = load_hardware(name).vector
        assert vector is not None
        share = width / 32
        assert vector.pj_of("add") == pytest.approx(0.21 * share * node, rel=1e-4)
        assert vector.pj_of("compare") == pytest.approx(0.02947 * share * node, rel=2e-4)
        assert vector.pj_of("multiply") == pytest.approx(12.68 * share * share * node, rel=1e-4)
        assert (vector.pj_of("divide"), vector.pj_of("random"), vector.lanes) == (None, None, None)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("unit: GHz", "unit: ns", "clock: unit 'ns' is none of Hz, kHz, MHz, GHz"),
        ("clock: {value: 1,", "clock: {value: 0,", "clock: more than 0"),
        ("level: GlobalBuffer", "level: PE", "vector, level: 'PE' is no level that stores; those are PEWeightRegs"),
        ("0.0036, unit: mW", "0.0036, unit: pJ", "compute, leakage: unit 'pJ' is none of W, mW, uW, nW"),
        ("0.000169, unit: mW", "0.000169, unit: J", "level PEWeightRegs, leakage: unit 'J'"),
        ("  add: {", "  lanes: {value: 0, unit: x, source: choice}\n  add: {", "vector, lanes: at least 1"),
        ("  add: {", "  plus: {", "vector.plus: unknown key"),
        ("source: choice", "source: hearsay", "'hearsay' is not among sources"),
        ("  energy: {", "  data_space_bits: {Sums: {value: 1, unit: bits, source: arch}}\n  energy: {",
         "compute.data_space_bits.Sums"),
        ("  energy: {", "  data_space_bits: {Inputs: {value: 1, unit: bits, source: rumour}}\n  energy: {", "'rumour'"),
    ],
)  # fmt: skip
def test_an_impossible_clock_leakage_or_vector_unit_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (spec_folder() / "simba_like.yaml").read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "broken.yaml"
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UsageError, match=r"broken\.yaml:\d+: ") as caught:
        load_hardware(str(broken))
    assert said in str(caught.value)


def test_the_file_to_start_from_is_right_with_what_is_commented_out(tmp_path: Path) -> None:
    text = files("costmodel.hardware").joinpath("starter.yaml").read_text(encoding="utf-8")
    for optional in ("clock:", "vector:", "  level:", "  word_bits:", "  lanes:", "  add:", "  multiply:"):
        assert f"\n# {optional}" in text
        text = text.replace(f"\n# {optional}", f"\n{optional}")
    for optional in ("leakage:", "read_bandwidth:"):
        assert f"\n    # {optional}" in text
        text = text.replace(f"\n    # {optional}", f"\n    {optional}")
    full = tmp_path / "full.yaml"
    full.write_text(text, encoding="utf-8")
    spec = load_hardware(str(full))
    assert spec.vector is not None
    # Horowitz's table: 16-bit floating point, an add 0.4 pJ and a multiply 1.1 pJ
    assert [spec.vector.pj_of(kind) for kind in ("add", "multiply", "divide")] == [0.4, 1.1, None]
    assert spec.clock_hz == 5e8
    assert spec.leakage_watts == pytest.approx(1e-5)
