"""The GPUs as data: they load, cite, and say what the vendors and nvidia-smi say."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.errors import UnknownNameError, UsageError
from costmodel.hardware.gpu.cards import gpu_names, is_gpu, load_gpu, load_machine
from costmodel.hardware.gpu.spec import GpuSpec, quantities
from costmodel.hardware.machines import load_hardware, spec_folder

NAMED_IN_THE_ISSUE = {
    "v100-sxm2-16gb", "v100-sxm2-32gb", "v100-pcie-16gb", "p100-pcie-16gb", "p100-pcie-12gb", "p100-sxm2", "rtx-8000",
    "rtx-6000", "t4", "p4", "k80", "a100-pcie-40gb", "a100-pcie-80gb", "a100-sxm4-40gb", "a100-sxm4-80gb", "h100-pcie",
    "h100-sxm5", "h200-sxm", "l4", "rtx-2080-ti", "rtx-3090", "rtx-4090", "titan-rtx", "xeon-gold-6230",
}  # fmt: skip


def test_every_gpu_loads_under_its_name_and_uses_each_source_that_it_cites() -> None:
    assert not NAMED_IN_THE_ISSUE.difference(gpu_names())
    for name in gpu_names():
        spec = load_gpu(name)
        assert spec.name == name
        assert {found.source for _, found in quantities(spec)} == set(spec.sources)
        assert all(spec.sources.values())


def test_figures_are_consistent_on_every_card() -> None:
    """Two a multiply-add: FP32 peak = units · 2 · clock, within what vendors round and clocks differ by."""
    units = {"kepler": 192, "pascal": 128, "volta": 64, "turing": 64, "ampere": 128, "ada": 128, "hopper": 128}
    for name in gpu_names():
        spec = load_gpu(name)
        each = 64 if name.startswith(("p100", "a100")) else units.get(spec.architecture, 128)
        if spec.kind == "gpu":
            derived = float(spec.multiprocessors.value) * each * 2 * float(spec.boost_clock.value) * 1e6
            assert spec.flops_per_second("fp32") == pytest.approx(derived, rel=0.04), name


def test_four_cards_by_hand() -> None:
    v100, k80, t4, a100 = (load_gpu(name) for name in ("v100-sxm2-16gb", "k80", "t4", "a100-sxm4-80gb"))
    assert (v100.flops_per_second("fp32"), v100.flops_per_second("fp16_tensor")) == (15.7e12, 125e12)
    assert (v100.flops_per_second("tf32"), v100.flops_per_second("bf16_tensor")) == (None, None)
    assert (v100.memory_bytes, v100.l2_bytes, v100.bytes_per_second) == (16_160 * 2**20, 6 * 2**20, 900e9)
    assert (*k80.precisions, k80.memory_bytes, float(k80.tdp.value)) == ("fp32", 11_441 * 2**20, 150.0)  # half a board
    assert (float(t4.sustained["fp32"].value), t4.flops_per_second("fp32")) == (0.39, 8.1e12)
    assert (a100.flops_per_second("tf32"), a100.bytes_per_second) == (156e12, 2.039e12)
    assert load_gpu("h100-sxm5").memory_bytes == 85_017_493_504  # torch.cuda's total_memory: 81,559 MiB less 480
    processor = load_gpu("xeon-gold-6230")
    assert (processor.kind, processor.memory_bytes, *processor.precisions) == ("cpu", None, "fp32")


def test_a_gpu_and_an_accelerator_are_told_apart(tmp_path: Path) -> None:
    assert isinstance(load_machine("t4"), GpuSpec)
    assert load_machine("eyeriss_like").name == "eyeriss_like"
    with pytest.raises(UnknownNameError, match=r"did you mean 'a100-pcie-40gb'.*eyeriss_like.*v100-sxm2-16gb"):
        load_machine("a100-pcie-40g")
    with pytest.raises(UsageError, match=r"t4 is a GPU: no layer is mapped onto it; the accelerators: eyeriss_like"):
        load_hardware("t4")
    with pytest.raises(UsageError, match=r"eyeriss_like is an accelerator, not a GPU; the GPUs: a100"):
        load_gpu("eyeriss_like")
    own = tmp_path / "own.yaml"
    own.write_text((spec_folder() / "gpu" / "t4.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert is_gpu(str(own))
    assert load_machine(str(own)).digest == load_gpu("t4").digest
    with pytest.raises(UsageError, match=r"nowhere\.yaml: No such file"):
        load_machine(str(tmp_path / "nowhere.yaml"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("memory: {value: 15109, unit: MiB", "memory: {value: 15109, unit: MB", "memory is given in MiB, got MB"),
        ("unit: TFLOP/s, source: hmc}", "unit: TFLOP/s, source: hcm}", "source 'hcm' is not among sources: fractions,"),
        ("low: 9,", "low: 90,", "a range goes upwards, got 90, 90, 30"),
        ("value: 585,", "value: 1585,", None),
        ("value: 585,", "value: 1685,", "base_clock 1685 is above boost_clock 1590"),
        ("fp16_tensor:", "fp16_tensors:", r"own\.yaml:\d+: peaks\.fp16_tensors: unknown key; known: bf16_tensor, "),
        ("memory:", "# memory:", "a GPU has memory"),
    ],
)
def test_what_a_gpu_cannot_be(old: str, new: str, said: str | None, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    text = (spec_folder() / "gpu" / "t4.yaml").read_text(encoding="utf-8")
    assert old in text
    own.write_text(text.replace(old, new, 1), encoding="utf-8")
    if said is None:
        assert load_gpu(str(own)).base_clock is not None
        return
    with pytest.raises(UsageError, match=said):
        load_gpu(str(own))
