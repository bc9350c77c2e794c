"""Tables of an analysis, a cost report, an advice and facts, each cell written out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

import costmodel
from costmodel.ir.analysis import Figures
from costmodel.ir.crosscheck import Crosscheck, CrosscheckRow
from costmodel.ir.facts import Facts
from costmodel.reports.drawing import case_data, draw
from costmodel.reports.tabulation import records, tables
from costmodel.reports.view import View
from tests.reports import nouns
from tests.reports.nouns import flat

STEP = ("part", "operations", "MACs", "FLOPs", "bytes moved", "ops/byte")
ROWS = [
    ("forward", 1000, 100, 200, 400, 2.5), ("loss", 1001, 101, 201, 401, 2.5), ("backward", 1002, 102, 202, 402, 2.49),
    ("optimizer", 1003, 103, 203, 403, 2.49), ("one step", 4006, 406, 806, 1606, 2.49),
]  # fmt: skip
OWN_BACKWARD = "backward includes the loss's own backward: 11 operations"
LAYERS = ("layer", "type", "parameters", "forward", "backward", "optimizer", "step", "% of step", "MACs")
CONV = ("conv", "Conv2d", 1500, 204, 102, 103, 406, 10.1, 46)
FC = ("fc", "Linear", 500, 604, 302, 303, 1206, 30.1, 126)
LOSS = ("(loss)", "", 0, 44, 22, 23, 86, 2.1, 14)


def test_the_step_the_model_and_its_sizes() -> None:
    assert list(flat(nouns.analysis()).values()) == [
        ("net.py:Net: one training step, batch 4, mse, sgd(lr=0.1) (haet 1)", STEP, ROWS, (OWN_BACKWARD,), ()),
        (
            "The model", ("class", "file", "line", "arguments", "parameters", "taken because"),
            [("Net", "net.py", 12, "width=64", 2442, "it is built")], (), (),
        ),
        (
            "Sizes", ("what", "value", "how"),
            [
                ("parameters (trainable)", 2000, "each tensor once"), ("frozen parameters", 442, "not counted"),
                ("buffers (elements)", 7, "not counted"),
                ("peak activation, bytes", 5000, "layer_io, 1 sample, 32 bits: fc"),
                ("peak activation (lab_profiler), bytes", 6000, "the course's script: conv"),
                ("peak memory, bytes", 9000, "steady step; its parts at that moment"),
                ("of it parameter", 8000, ""), ("of it gradient", 1000, ""),
            ],
            (), (),
        ),
    ]  # fmt: skip


def test_what_only_some_steps_have() -> None:
    totals = nouns.analysis().totals
    more = replace(
        totals, frozen_parameters=0, causal_operations_saved=1234,
        operations=nouns.figures(1000, preprocess=7, training=90000, loss_backward=0),
        bytes_moved=nouns.figures(400, preprocess=0, recompute=9, training=0),
    )  # fmt: skip
    shown = flat(nouns.analysis(totals=more, uncounted=(nouns.UNCOUNTED_ROW,), varies=(nouns.VARIES,)))
    _, _, rows, notes, _ = shown["net.py"]
    # what moves no byte is not there, and has no intensity
    assert [row[0] for row in rows] == [
        "forward", "loss", "backward", "recompute", "optimizer", "one step", "whole training",
    ]  # fmt: skip
    assert rows[3] == ("recompute", 0, 0, 0, 9, 0.0)
    assert rows[-1] == ("whole training", 90000, 0, 0, 0, None)
    assert notes == (
        "attention is counted dense; leaving masked scores out would save 1,234 operations a step",
        "AT LEAST: some ops have no formula (see Uncounted)", "AT LEAST: net.py:3: random()",
    )  # fmt: skip
    assert [row[0] for row in shown["Sizes"][2]][:2] == ["parameters (trainable)", "buffers (elements)"]
    # a training of one phase is shown where its length is known
    assert shown["Training"][2] == [("train", 4, 5, 6000, 30000)]
    assert shown["Uncounted"] == (
        "Uncounted: these ops have no formula", ("op", "layer", "phase", "times"), [("aten.fft", "conv", "forward", 2)],
        ("add a formula in costmodel/ops/ or waive the op in the rulebook (waive_uncounted)",), (),
    )  # fmt: skip


def test_phases_and_cycles() -> None:
    first = nouns.phase("a", cycle=3, optimizer="Adam", last_batch=2)
    shown = flat(nouns.analysis(phases=(first, nouns.phase("b", steps=9)), assumptions=(nouns.VARIES,)))
    assert shown["net.py"][0] == (
        "net.py:Net: one cycle of 3 steps of phase 'a', batch 4, mse, Adam (sgd(lr=0.1)) (haet 1)"
    )
    assert shown["Training"] == (
        "Training", ("phase", "batch", "steps", "operations a step", "operations"),
        [("a", 4, 5, 6000, 30000), ("b", 4, 9, 6000, 30000)], ("a: each epoch ends with a batch of 2",), (),
    )  # fmt: skip
    assert shown["Assumptions"] == ("Assumptions", ("where", "what"), [("net.py:3", "random()")], (), ())
    assert "Training" not in flat(nouns.analysis())
    # an optimizer that is named already is not named twice; an older analysis has no phases
    for phases in ((), (nouns.phase("a", optimizer="SGD"),)):
        title = flat(nouns.analysis(phases=phases))["net.py"][0]
        assert title == "net.py:Net: one training step, batch 4, mse, sgd(lr=0.1) (haet 1)"


def test_layers_as_they_are_and_the_largest() -> None:
    assert flat(nouns.analysis(), View(layers=True))["Layers"] == (
        "Layers (operations)", LAYERS, [CONV, FC, LOSS], (), (),
    )  # fmt: skip
    largest = ("Layers (operations), the 2 largest", LAYERS, [FC, CONV], (), ())
    assert flat(nouns.analysis(), View(top=2))["Layers"] == largest
    assert flat(nouns.analysis(), View(by="layer", top=2))["Layers"] == largest
    assert flat(nouns.analysis(), View(by="layer"))["Layers"][2] == [FC, CONV, LOSS]
    assert flat(nouns.analysis(), View(layers=True, top=2))["Layers"][2] == [CONV, FC, LOSS]
    assert "Layers" not in flat(nouns.analysis(), View(by="op", top=2))
    nothing = replace(nouns.analysis().totals, operations=Figures())
    assert flat(nouns.analysis(totals=nothing), View(layers=True))["Layers"][2][0][7] == 40600.0


def test_operations_by_op_and_by_phase() -> None:
    by_op = ("op", "part", "times", "operations", "MACs", "bytes moved")
    rows = [
        ("aten.mm", "backward", 4, 180, 90, 540), ("aten.add", "forward", 3, 90, 45, 270),
        ("aten.mm", "forward", 2, 90, 45, 270), ("aten.fft", "forward", 1, "no formula", 0, 0),
    ]  # fmt: skip
    assert flat(nouns.analysis(), View(by="op"))["By op"] == ("By op", by_op, rows, (), ())
    assert flat(nouns.analysis(), View(by="op", top=3))["By op"][2] == rows[:3]
    assert flat(nouns.analysis(), View(by="phase", top=2))["By phase"] == (
        "By phase", ("phase", "operations", "MACs", "bytes moved"),
        [("optimizer", 1003, 103, 403), ("backward", 1002, 102, 402)], (), (),
    )  # fmt: skip


def test_what_a_machine_says_and_no_figure_knows_is_told() -> None:
    said = nouns.cost(machine_notes=("arch.yaml:3: networks of PE: wires cost nothing",))
    told = [table for table in tables(said, View()) if "not modelled" in table.title]
    assert [(table.headers, list(table.rows)) for table in told] == [(("what",), [said.machine_notes])]


def test_a_cost_report() -> None:
    report = nouns.cost(checks=nouns.CHECKS, uncounted=(nouns.UNCOUNTED,), varies=(nouns.VARIES,))
    layers = ("problem", "places", "times", "energy, pJ", "cycles", "utilisation", "mapping")
    share = "98.77% of the operations are in the layers; the rest has no energy here"
    expected = [
        (
            "inference on eyeriss (analytical, search optimum)", ("what", "value", "share"),
            [
                ("energy, mJ", 2.0, ""), ("of it MACC", 0.5, 25.0), ("of it DRAM", 1.5, 75.0),
                ("cycles", 13578, ""), ("utilisation", 0.456789, "of 168 multiply-accumulate units"),
            ],
            (
                "AT LEAST: net.py:3: random()", f"AT LEAST: {nouns.UNCOUNTED}",
                "AT LEAST: a layer has no valid mapping (see below)", share,
            ),
            (),
        ),
        (
            "Layer problems (one solution each)", layers,
            [
                ("C3", "forward:conv0", 1, 1234.5, 6789, 0.1235, "proven optimal"),
                ("C3", "forward:conv0", 1, None, None, None, "none: nothing fits"),
                ("C3 R5", "forward:conv0 and 2 more", 6, 1234.5, 6789, 0.1235, "not proven"),
            ],
            (
                "where the cycles go (and which share of the units works there): "
                "forward:conv0 and 2 more 85.7% (12.3%), forward:conv0 14.3% (12.3%)",
            ),
            (),
        ),
        (
            "The same mappings by timeloop-model (1 of 3 agree)",
            ("problem", "energy, pJ", "cycles", "Timeloop's, pJ", "its cycles", "agree", "because"),
            [
                ("C3", 1234.5, 6789, 1234.5, 6789, "yes", ""), ("C3", 1234.5, 6789, None, None, "NO", "it stopped"),
                ("C3 R5", 1234.5, 6789, 1.0, 2, "NO", "cycles 6789, 2"),
            ],
            ("build: build a", "build: build b"), (),
        ),
        (
            "Not mapped: work beside the layers", ("op", "part", "times", "operations", "bytes moved"),
            [("aten.add", "backward", 1, 70, 1), ("aten.add", "forward", 1, 70, 300), ("aten.relu", "forward", 2, 50, 400)],  # noqa: E501
            (), (),
        ),
    ]  # fmt: skip
    assert list(flat(report).values()) == expected
    assert list(flat(nouns.analysis(cost=report)).values())[3:] == expected
    nothing = nouns.cost(layers=(nouns.solved(C=1), nouns.solved(places=2)), not_mapped=(), energy_pj=0.0)
    totals, problems = flat(nothing).values()
    assert [row[0] for row in totals[2]] == ["energy, mJ", "cycles", "utilisation"]
    assert totals[3] == (share,)
    assert [row[:3] for row in problems[2]] == [("C1", "forward:conv0", 1), ("C3", "forward:conv0 and 1 more", 3)]


def test_the_whole_network() -> None:
    report = nouns.cost(whole=nouns.whole(), clocked=nouns.CLOCKED, wider=nouns.WIDER, steps=3)
    shown = nouns.in_order(report)
    physical = [
        ("seconds", 0.25, "at 200 MHz"), ("leakage, mJ", 4.0, "of every instance, not in the energy"),
        ("average power, W", 0.024, "energy and leakage over seconds"), ("area, mm2", 12.5, ""),
    ]  # fmt: skip
    assert shown[0][2][5:] == [*physical, ("energy of the training, mJ", 6.0, "3 steps like this one")]
    words = "have 32 bits, the machine's words 8: each element is taken as one word"
    integers = f"Outputs of int32 {words} (in conv0, conv1, conv2, conv3, conv4, conv5 and 2 more)"
    assert shown[0][3] == (
        "AT LEAST: a layer has no valid mapping (see below)",
        "98.77% of the operations are in the layers; the rest is below",
        f"Weights, Inputs of float32 {words} (in conv0)", integers,
    )  # fmt: skip
    assert shown[1] == (
        "The whole network, elementwise work fused into the layers' drains", ("what", "value", "share"),
        [
            ("energy, mJ", 2.5, ""), ("of it the layers", 2.0, 80.0), ("of it beside them", 0.5, 20.0),
            ("beside them, vector", 0.1, 4.0), ("beside them, glb", 0.1, 4.0),
            ("beside them, DRAM", pytest.approx(0.3), pytest.approx(12.0)),
            ("cycles", 13678, "13,578 of the layers, then 100 of the rest"), *physical,
            ("energy of the training, mJ", 7.5, "3 steps like this one"),
            ("saved for backward, bytes", 640, "made forward, read backward"),
            ("of it on chip in between", 40, "at glb"),
        ],
        (
            "95.00% of 1,000 operations have a price: 800 in the layers' loop nests, 150 beside them",
            "AT LEAST: the machine's file has no energy for transcendental 50",
            "of 10,000 bytes 7,000 are the layers' (their mappings say what moves), 2,000 beside them, "
            "1,000 left unmoved by fusion",
        ),
        (),
    )  # fmt: skip
    assert shown[2] == (
        "Work beside the layers, on the vector unit at glb",
        (
            "op", "part", "times", "fused", "operations", "no price", "words at level", "words in DRAM", "energy, pJ",
            "cycles",
        ),
        [
            ("aten.relu", "forward", 4, 2, 100, 0, 60, 14, 4e8, 60),
            ("aten._softmax", "loss", 2, 0, 100, 50, 30, 7, 1e8, 40),
        ],
        (), (),
    )  # fmt: skip
    by_layer = nouns.in_order(report, View(layers=True))[2]
    assert by_layer[0] == "Work beside the layers, on the vector unit at glb, layer by layer"
    assert by_layer[1] == ("layer", *shown[2][1])
    assert by_layer[2] == [
        ("conv0", "aten.relu", "forward", 2, 1, 50, 0, 30, 7, 2e8, 30),
        ("conv1", "aten.relu", "forward", 2, 1, 50, 0, 30, 7, 2e8, 30),
        ("fc", "aten._softmax", "loss", 2, 0, 100, 50, 30, 7, 1e8, 40),
    ]
    (problems,) = shown[3:]  # and not once more what is beside the layers
    assert problems[0].startswith("Layer problems")
    nearly = nouns.whole(operations_in_layers=999_800, operations_priced=199, unpriced={"divide": 1})
    assert nouns.in_order(nouns.cost(whole=nearly))[1][3][0].startswith("99.99% of 1,000,000 operations have a price")
    # without lanes, fusion or training, and with a price for everything
    plain = nouns.whole(
        fused=False, cycles=None, clocked=None, saved_bytes=0, unpriced={}, bytes_fused=0,
        rows=(nouns.beside("aten.relu", "forward", "conv0", cycles=None),),
    )  # fmt: skip
    sums, rows = nouns.in_order(nouns.cost(whole=plain))[1:3]
    assert sums[0] == "The whole network"
    assert sums[2][6:] == [("cycles", None, "no lanes in the machine's file; the layers take 13,578")]
    assert [note.split(":")[0] for note in sums[3]] == ["100.00% of 950 operations have a price", ANY_BYTES]
    assert rows[2][0][-1] is None


ANY_BYTES = "of 9,000 bytes 7,000 are the layers' (their mappings say what moves), 2,000 beside them"


def test_floating_point_is_taken_as_words_without_a_remark_and_integers_are_not() -> None:
    notes = nouns.in_order(nouns.cost(wider=nouns.WIDER))[0][3]
    assert [note for note in notes if "have 32 bits" in note] == [
        "Outputs of int32 have 32 bits, the machine's words 8: each element is taken as one word "
        "(in conv0, conv1, conv2, conv3, conv4, conv5 and 2 more)"
    ]
    no_leak = replace(nouns.CLOCKED, leakage_pj=None, area_mm2=None)
    assert nouns.in_order(nouns.cost(clocked=no_leak))[0][2][5:] == [
        ("seconds", 0.25, "at 200 MHz"), ("average power, W", 0.024, "energy over seconds"),
    ]  # fmt: skip


def test_the_page_of_a_whole_network_says_seconds_and_the_sum() -> None:
    page = costmodel.render(nouns.cost(whole=nouns.whole(), clocked=nouns.CLOCKED), format="html")
    for words in ("whole network", "at least 2.5 mJ", "0.5 mJ beside the layers", "0.25 s", "0.024 W at 200 MHz",
                  "Energy of the work beside the layers (mJ)", "forward:conv1"):  # fmt: skip
        assert words in page
    assert "whole network" not in costmodel.render(nouns.cost(), format="html")


def test_an_advice() -> None:
    spots = (
        "layer", "problem", "cycles", "share", "energy, pJ", "share", "busy units", "DRAM share", "MACs per DRAM word",
    )  # fmt: skip
    changes = ("channels of", "read by", "are", "try", "MACs", "cycles", "energy", "busy units")
    rows = [
        ("conv1", "C3 M8", 15000, "75.0%", 1000000000.13, "25.0%", 100, "76%", "12.3"),
        ("conv2", "C3 M8", 5000, "25.0%", 1000000000.13, "25.0%", 60, "76%", "12.3"),
    ]  # fmt: skip
    tried = "12 channel counts were mapped; the figures are those of the whole network after the change"
    title = "net.py:Net: inference on eyeriss: 20,000 cycles, 4 mJ, 168 units"
    assert list(flat(nouns.ADVICE).values()) == [
        (title, spots, rows, (), ()),
        (
            "What would cut it", changes,
            [
                ("conv1, conv2 and 2 more", "fc, bn", 6, 8, "+10.00%", "18,000 (-10.00%)", "3 mJ (-25.00%)", "100 → 120"),  # noqa: E501
                ("conv1", "a, b and 1 more", 7, 5, "-10.00%", "20,100 (+0.50%)", "4.1 mJ (+2.50%)", "60 → 61"),
            ],
            (tried,), (),
        ),
    ]  # fmt: skip
    assert [len(table[2]) for table in flat(nouns.ADVICE, View(top=1)).values()] == [1, 1]
    open_one = flat(replace(nouns.ADVICE, complete=False, suggestions=()), View(top=1))
    none = "no channel count near the present ones saves more than the work that it takes away"
    assert list(open_one.values()) == [
        (title, spots, rows[:1], ("AT LEAST: a layer has no valid mapping, or an op no formula",), ()),
        ("What would cut it", changes, [], (none, tried), ()),
    ]


def test_facts() -> None:
    (table,) = tables(nouns.FACTS, View())
    assert (table.right, table.wrapped) == (("value", "±"), True)
    twelve = "word word word word word word word word word word\nword word"
    gaps = tuple(f"  gap of 10 s at {n} s" for n in range(10))
    assert flat(nouns.FACTS)[""] == (
        "", ("file", "submission", "fact", "value", "±", "unit", "who", "how"),
        [
            ("log.csv", "ann", "task", "cifar10", "", "", "", ""),
            ("log.csv", "ann", "energy_joules", "≥ 1,234,567.5", "0.25", "J", "measured", twelve),
            ("log.csv", "ann", "energy_mj", "0.1234568", "", "mJ", "claimed", "as given"),
            ("a.yaml", "", "energy_joules", "100", "", "J", "measured", "as given"),
        ],
        (),
        ("log.csv: read as zeus, 1,200 samples, 3.5 s, 11 gaps", *gaps, "  log.csv: cut", "a.yaml: read as facts"),
    )  # fmt: skip
    all_digits = records(nouns.FACTS, View())
    assert all_digits is not None
    assert all_digits.headers == (
        "file", "format", "submission", "fact", "value", "uncertainty", "unit", "kind", "at_least", "word",
        "because",
    )  # fmt: skip
    assert all_digits.rows == [
        ("log.csv", "zeus", "ann", "task", None, None, "", "", "", "cifar10", ""),
        ("log.csv", "zeus", "ann", "energy_joules", Decimal("1234567.5000"), Decimal("0.25"), "J", "measured", "yes",
         "", "word " * 12),
        ("log.csv", "zeus", "ann", "energy_mj", Decimal("0.123456789"), None, "mJ", "claimed", "no", "", "as given"),
        ("a.yaml", "facts", "", "energy_joules", Decimal(100), None, "J", "measured", "no", "", "as given"),
    ]  # fmt: skip
    digits = [nouns.measurement(text) for text in ("0.1234567", "0.12345678", "1500.10", "1200", "0")]
    one = replace(nouns.FACTS.readings[1], measurements=tuple(digits))
    assert [row[3] for row in flat(Facts(readings=(one,)))[""][2]] == [
        "0.1234567",
        "0.1234568",
        "1,500.1",
        "1,200",
        "0",
    ]


def test_a_crosscheck() -> None:
    rows = tuple(
        CrosscheckRow(layer=f"l{n}", part="forward", ours=3, fvcore=fvcore, flop_counter=counter, reason=f"r{n}")
        for n, (fvcore, counter) in enumerate([(3, 3), (None, None), (4, 3), (3, 2)])
    )
    assert list(flat(Crosscheck(subject="net.py:Net", rows=rows)).values()) == [
        (
            "net.py:Net: multiply-accumulates by three counters",
            ("layer", "part", "ours", "fvcore", "FlopCounterMode", "agree", "reason"),
            [
                ("l0", "forward", 3, 3, 3, "yes", "r0"), ("l1", "forward", 3, "–", "–", "yes", "r1"),
                ("l2", "forward", 3, 4, 3, "NO", "r2"), ("l3", "forward", 3, 3, 2, "NO", "r3"),
            ],
            (), (),
        )
    ]  # fmt: skip


def test_a_mapping_drawn_and_as_data() -> None:
    assert draw("conv", nouns.solved()) == (
        "conv: C=3 M=1\n1,234.50 pJ, 6,789 cycles, utilisation 0.1235 (proven optimal)\n\n"
        "DRAM [Weights Inputs]\n  for C in [0:3)\n    for M in [0:2) (Spatial-X)\n"
        "glb [Outputs]\n      for Q in [0:14) (Spatial-Y)\n\n"
        "energy by component, pJ: MACC 1,000.00, DRAM 234.50\n"
    )
    assert "(not proven optimal)" in draw("conv", nouns.solved(optimal=False))
    assert draw("conv", nouns.solved(False)) == "conv: C=3 M=1\ninvalid: nothing fits\n"
    # a file of cases names them as it likes
    assert draw("a\x1b[31m\nb\u202e", nouns.solved(False)) == "a b\ufffd: C=3 M=1\ninvalid: nothing fits\n"
    assert case_data(nouns.solved()) == {
        "valid": True, "because": "", "optimal": True, "energy_pj": 1234.5, "cycles": 6789, "utilisation": 0.123456,
        "mapping": [
            {
                "target": "DRAM", "keep": ["Weights", "Inputs"],
                "loops": [{"dim": "C", "bound": 3, "spatial": None}, {"dim": "M", "bound": 2, "spatial": "X"}],
            },
            {"target": "glb", "keep": ["Outputs"], "loops": [{"dim": "Q", "bound": 14, "spatial": "Y"}]},
        ],
        "levels": {
            "DRAM": {
                "Weights": {"reads": 1, "fills": 2, "updates": 3, "energy_pj": 4.5},
                "Inputs": {"reads": 5, "fills": 6, "updates": 7, "energy_pj": 8.5},
            }
        },
    }  # fmt: skip


def test_how_wide_a_reason_is() -> None:
    def shown(because: str) -> object:
        one = replace(nouns.FACTS.readings[1], measurements=(nouns.measurement("1", because=because),))
        return flat(Facts(readings=(one,)))[""][2][0][7]

    assert shown("x" * 24 + " " + "y" * 25) == "x" * 24 + " " + "y" * 25
    assert shown("x" * 24 + " " + "y" * 26) == "x" * 24 + "\n" + "y" * 26
