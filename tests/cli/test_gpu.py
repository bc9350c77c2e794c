"""GPUs on the command line: the JSON, the rules that hang on seconds and gigabytes, and what is refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import costmodel
from costmodel.errors import CostModelError
from tests.cli.conftest import Run

RESNET18 = ("examples/zoo/resnet.py:ResNet18", "--input", "3x32x32", "--batch", "128")
SGD = ("--optimizer", "sgd", "--optimizer-option", "momentum=0.9")


def test_the_json_of_an_analysis_on_a_gpu(run: Run) -> None:
    done = run("analyze", *RESNET18, *SGD, "--samples", "50000", "--epochs", "2", "--hardware", "v100-sxm2-16gb",
               "-f", "json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    time, memory, energy = data["time"], data["memory"], data["energy"]
    for interval in (
        time["step_seconds"], time["training_seconds"], memory["allocated_bytes"], memory["reserved_bytes"],
        memory["card_bytes"], energy["step_joules"], energy["training_joules"],
    ):  # fmt: skip
        assert 0 < interval["low"] <= interval["median"] <= interval["high"]
    assert time["confidence"] == 0.9
    assert all(set(unknown) == {"what", "factor"} for unknown in time["unknowns"])
    # 391 steps an epoch, the last one smaller, and the start
    assert time["training_seconds"]["median"] > 780 * time["step_seconds"]["median"]
    layers = {row["layer"]: row["seconds"] for row in data["layers"]}
    assert layers["layer1.0.conv1"] > 0
    assert sum(s for s in layers.values() if s) <= time["card_seconds"]
    assert data["gpu"]["hardware"] == "v100-sxm2-16gb"


def test_the_same_question_gives_the_same_bytes(run: Run) -> None:
    words = ("analyze", *RESNET18, "--hardware", "t4", "--precision", "amp", "-f", "json")
    assert run(*words).stdout == run(*words).stdout


def test_the_text_says_intervals_and_where_the_seconds_go(run: Run) -> None:
    shown = run("analyze", *RESNET18, "--hardware", "rtx-3090", "--channels-last", "--workers", "4").stdout
    assert "training on rtx-3090, batch 128, default, nhwc (estimate)" in shown
    assert "seconds: 90% of such cases lie inside" in shown
    assert "What widens the seconds" in shown
    assert "convolution" in shown
    assert "training, s" not in shown, "nothing says how long the training is"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--hardware", "v100-sxm2-16gb", "--precision", "tf32"), "v100-sxm2-16gb has no TF32; it has fp32, amp"),
        (("--hardware", "k80", "--precision", "amp"), "k80 has no AMP; it has fp32"),
        (("--hardware", "t4", "--precision", "fp8"), "unknown precision"),
        (("--hardware", "t4", "--power-limit", "100"), "t4 takes up to 70 W"),
        (("--hardware", "xeon-gold-6230"), "xeon-gold-6230 is a processor"),
        (("--hardware", "v100"), "v100-sxm2-16gb"),
        (("--precision", "amp"), "--precision is about a GPU"),
        (("--workers", "4", "--hardware", "eyeriss_like"), "--workers is about a GPU"),
        (("--hardware", "t4", "--search", "course"), "is about an accelerator; t4 is a GPU"),
    ],
)
def test_what_cannot_be_is_said_in_words(run: Run, words: tuple[str, ...], said: str) -> None:
    done = run("analyze", "examples/zoo/lenet.py:LeNet5", *words)
    assert done.returncode in (2, 3), done.stdout
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_step_that_does_not_fit_is_told_first_with_the_batch_that_does(run: Run) -> None:
    words = ("examples/zoo/resnet.py:ResNet18", "--input", "3x224x224", "--batch", "512", "--hardware", "p4")
    done = run("analyze", *words, "-f", "json")
    largest = json.loads(done.stdout)["memory"]["largest_batch"]
    assert 0 < largest["surely"] <= largest["possibly"] < 512
    shown = run("analyze", *words).stdout
    assert shown.index("DOES NOT FIT") < shown.index("seconds: 90%")
    assert f"largest batch: {largest['surely']} surely fits, {largest['possibly']} possibly" in shown


def test_precision_and_a_recipe_that_casts_contradict_each_other() -> None:
    with pytest.raises(CostModelError, match="the step computes in bfloat16: leave out --precision fp32"):
        costmodel.estimate(RESNET18[0], "a100-sxm4-40gb", input="3x32x32", autocast="bfloat16", precision="fp32")


@pytest.mark.parametrize(
    ("card", "cast", "said"),
    [("k80", "float16", "k80 has no AMP; it has fp32"), ("v100-sxm2-16gb", "bfloat16", "has no bfloat16")],
)
def test_a_recipe_that_casts_to_what_the_card_has_not(card: str, cast: str, said: str) -> None:
    with pytest.raises(CostModelError, match=said):
        costmodel.estimate(RESNET18[0], card, input="3x32x32", autocast=cast)


def checked(run: Run, rules: str, *words: str) -> dict[str, Any]:
    done = run("check", *words, "--rules", rules, "-f", "json")
    assert done.returncode in (0, 1, 2), done.stderr
    verdict: dict[str, Any] = json.loads(done.stdout)
    verdict["of"] = {finding["rule"]: finding for finding in verdict["findings"]}
    return verdict


@pytest.mark.parametrize(("epochs", "outcome"), [("60", "PASS"), ("400", "UNDECIDED"), ("2000", "FAIL")])
def test_ten_minutes_on_a_v100_are_decided_by_the_whole_interval(run: Run, epochs: str, outcome: str) -> None:
    verdict = checked(
        run, "haet-2022", *RESNET18, *SGD, "--samples", "5000", "--epochs", epochs, "--fact", "accuracy=80"
    )
    time = verdict["of"]["training time"]
    assert time["outcome"] == outcome
    assert "estimated on v100-sxm2-32gb or v100-sxm2-16gb or v100-pcie-16gb" in time["because"]


def test_a_measured_time_stands_before_the_estimate(run: Run) -> None:
    words = (*RESNET18, "--samples", "5000", "--epochs", "2000", "--fact", "accuracy=80")
    verdict = checked(run, "haet-2022", *words, "--fact", "training_seconds=599")
    assert verdict["of"]["training time"]["outcome"] == "PASS"
    assert verdict["of"]["training time"]["measured"] == 599
    # 2,000 epochs of this network take longer than that by any estimate: a note, which decides nothing
    note = verdict["of"]["estimate: training_seconds"]
    assert (note["outcome"], note["consequence"], note["measured"]) == ("UNDECIDED", "note", 599)
    assert note["because"].startswith("measured below the interval; estimated on v100-sxm2-32gb or ")
    assert verdict["outcome"] == "PASS"


def test_what_was_asked_for_stands_beside_what_was_measured(run: Run) -> None:
    words = (*RESNET18, *SGD, "--samples", "5000", "--epochs", "20", "--hardware", "v100-sxm2-32gb")
    facts = ("--fact", "accuracy=80", "--fact", "training_seconds=30", "--fact", "host_memory_bytes=5GB")
    verdict = checked(run, "haet-2022", *words, *facts)
    note = verdict["of"]["estimate: training_seconds"]
    assert (note["outcome"], verdict["outcome"]) == ("PASS", "PASS")
    assert "measured inside the interval" in note["because"]


def test_a_training_without_a_length_has_no_time(run: Run) -> None:
    verdict = checked(run, "haet-2022", *RESNET18, "--fact", "accuracy=80")
    assert verdict["of"]["training time"]["outcome"] == "UNDECIDED"
    assert "the numbers of samples and of epochs" in verdict["of"]["training time"]["because"]


@pytest.mark.parametrize(("batch", "outcome"), [("4", "PASS"), ("64", "FAIL")])
def test_six_gigabytes_are_judged_on_what_the_card_shows(run: Run, batch: str, outcome: str) -> None:
    words = (
        "examples/zoo/resnet.py:ResNet50",
        "--batch",
        batch,
        "--fact",
        "accuracy=80",
        "--fact",
        "training_seconds=9",
    )
    verdict = checked(run, "budgeted-training-iccv-2023", *words)
    assert verdict["of"]["GPU memory"]["outcome"] == outcome
    assert "estimated on rtx-8000" in verdict["of"]["GPU memory"]["because"]


def test_joules_that_nobody_metered_are_an_interval_that_decides_nothing(run: Run) -> None:
    words = (*RESNET18, "--fact", "accuracy=94")
    without = checked(run, "energy-cifar10-2021", *words)
    assert "the rules name no GPU" in without["of"]["energy"]["because"]
    verdict = checked(run, "energy-cifar10-2021", *words, "--hardware", "rtx-3090")
    energy = verdict["of"]["energy"]
    assert energy["outcome"] == "UNDECIDED"
    assert "it has to be measured; estimated on rtx-3090" in energy["because"]
    assert energy["measured"] > 0
    metered = checked(run, "energy-cifar10-2021", *words, "--fact", "energy_joules=20000")
    assert metered["of"]["energy"]["outcome"] == "PASS"


def test_a_model_that_cannot_be_traced_leaves_the_facts_to_decide(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("from torch import nn\n\n\nclass Net(nn.Module):\n    def forward(self, x):\n"
                                     "        raise ValueError('no')\n", encoding="utf-8")  # fmt: skip
    words = ("net.py:Net", "--rules", "haet-2022", "--fact", "accuracy=80", "-f", "json")
    done = run("check", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert "it cannot be estimated" in done.stdout
    facts = ("--fact", "training_seconds=500", "--fact", "host_memory_bytes=1e9")
    assert run("check", *words, *facts, cwd=tmp_path).returncode == 0


def test_gpu_options_want_rules_that_hang_on_a_gpu(run: Run) -> None:
    done = run("check", *RESNET18, "--rules", "haet-2021", "--hardware", "t4")
    assert done.returncode == 3
    assert "haet-2021 has nothing to estimate on a GPU" in done.stdout + done.stderr


def test_advice_for_a_gpu_is_what_the_estimates_say(run: Run) -> None:
    done = run("advise", *RESNET18, *SGD, "--hardware", "v100-sxm2-16gb", "-f", "json")
    assert done.returncode == 0, done.stderr
    advice = json.loads(done.stdout)
    changes = {change["change"]: change for change in advice["changes"]}
    # 128 images a step, in both precisions, as analyze estimates them
    medians = [
        json.loads(run("analyze", *RESNET18, *SGD, "--hardware", "v100-sxm2-16gb", *words, "-f", "json").stdout)["time"]
        for words in ((), ("--precision", "amp"))
    ]
    before, after = (time["step_seconds"]["median"] for time in medians)
    assert changes["mixed precision"]["factor"] == pytest.approx(before / after)
    assert changes["mixed precision"]["option"] == "--precision amp"
    assert [c["factor"] for c in advice["changes"]] == sorted((c["factor"] for c in advice["changes"]), reverse=True)
    assert "TF32" not in changes, "a V100 has none"
    shown = run("advise", *RESNET18, *SGD, "--hardware", "v100-sxm2-16gb").stdout
    assert "what the seconds go to" in shown
    assert "memory traffic" in shown


def test_a_tiny_step_waits_for_the_host_and_a_larger_batch_helps(run: Run) -> None:
    words = ("advise", "examples/zoo/lenet.py:LeNet5", "--batch", "16", "--hardware", "a100-sxm4-40gb", "-f", "json")
    advice = json.loads(run(*words).stdout)
    assert max(advice["time"]["limits"], key=advice["time"]["limits"].get) == "waiting for the host or the data"
    assert advice["changes"][0]["change"] == "a batch of 64"
    assert advice["changes"][0]["factor"] > 3
