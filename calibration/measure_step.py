"""Measure training steps of the zoo's networks on a CUDA card, and write what was seen as JSON.

``python -m calibration.measure_step OUTPUT.json --budget 365`` in the repository's root; needs torch, and nvidia-ml-py
for what the card says of itself.

Each case runs in a process of its own, forked from this one before CUDA is touched, so that no case sees the context,
the kernels or the cached memory of another. This process is the meter: it reads the card's energy counter, power, clock
and memory every 20 ms from outside. Inputs stay on the card; no data is loaded. The file is rewritten after each case.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import importlib.util
import json
import multiprocessing
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from torch import nn

from calibration.card_meter import Meter, Sample, seen
from calibration.one_step import NETWORKS, OPTIMIZERS, Case, Protocol, all_cases, look, run_case

Record = dict[str, Any]
ZOO = Path(__file__).resolve().parents[1] / "examples" / "zoo"
FORK = multiprocessing.get_context("fork")
POLL_SECONDS = 0.02
CASE_LIMIT_SECONDS = 60.0
LAST_CASE_SECONDS = 8.0
HOPELESS_AFTER = 4


@functools.cache
def network(name: str) -> nn.Module:
    """The zoo's network, built once here on the host; every child gets it with the fork."""
    file, function = NETWORKS[name].reference.split(":")
    spec = importlib.util.spec_from_file_location(f"zoo_{Path(file).stem}", ZOO / file)
    if spec is None or spec.loader is None:
        raise ImportError(f"the zoo has no {file}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    torch.manual_seed(0)
    made = getattr(module, function)()
    assert isinstance(made, nn.Module)
    return made


def _answer(work: Callable[[], Record], way: Connection) -> None:
    """In the child: whatever happens is an answer."""
    try:
        way.send({"outcome": "ok", **work()})
    except torch.OutOfMemoryError as error:
        way.send({"outcome": "out_of_memory", "error": str(error).splitlines()[0]})
    except Exception as error:
        way.send({"outcome": "error", "error": f"{type(error).__name__}: {str(error).splitlines()[:1]}"})


def attend(work: Callable[[], Record], meter: Meter) -> tuple[Record, list[Sample]]:
    """Have it done in a child, and watch the card until the child is gone."""
    here, there = FORK.Pipe(duplex=False)
    child = FORK.Process(target=_answer, args=(work, there), daemon=True)
    answer: Record | None = None
    samples = [meter.sample()]
    child.start()
    there.close()
    deadline = time.monotonic() + CASE_LIMIT_SECONDS
    while child.is_alive():
        if answer is not None:
            time.sleep(POLL_SECONDS)
        elif here.poll(POLL_SECONDS):
            try:
                answer = here.recv()
            except EOFError:
                break
        samples.append(meter.sample())
        if time.monotonic() > deadline:
            child.kill()
    child.join()
    if answer is None:
        answer = here.recv() if child.exitcode == 0 and here.poll() else None
    return answer or {"outcome": "error", "error": f"the process ended with exit code {child.exitcode}"}, samples


def described(case: Case) -> Record:
    """A case in words that stand alone."""
    its = NETWORKS[case.network]
    words = {
        "case": str(case),
        **asdict(case),
        "reference": f"examples/zoo/{its.reference}",
        "sample_shape": list(its.sample),
        "target_shape": list(its.target),
        "classes": its.classes,
        "loss": None,
        "optimizer": None,
    }
    if case.phase == "training":
        _, options = OPTIMIZERS[its.optimizer]
        words |= {"loss": "cross_entropy", "optimizer": its.optimizer, "optimizer_options": options}
        words["grad_scaler"] = case.precision == "amp_fp16"
    return words


def measured(case: Case, protocol: Protocol, meter: Meter) -> Record:
    """One case: what its process says, and what the card said meanwhile."""
    record = described(case)
    try:
        net = network(case.network)
    except Exception as error:
        return {**record, "outcome": "error", "error": f"the network cannot be built: {type(error).__name__}"}
    begun = time.monotonic()
    answer, samples = attend(lambda: run_case(case, net, protocol), meter)
    window = answer.pop("window", None)
    record |= answer | {"case_seconds": time.monotonic() - begun}
    if window is not None and protocol.device == "cuda":
        start, end = window
        card = seen(samples, start, end)
        record |= {"window_seconds": end - start, "card": card, "step_joules": None}
        if card["energy_counter_watts"] is not None:
            record["step_joules"] = card["energy_counter_watts"] * (end - start) / record["steps"]
    return record


def idle(meter: Meter, seconds: float) -> Record:
    """The card with no process on it."""
    samples, start = [meter.sample()], time.monotonic()
    while time.monotonic() - start < seconds:
        time.sleep(POLL_SECONDS)
        samples.append(meter.sample())
    return seen(samples, start, time.monotonic())


def surroundings(protocol: Protocol, meter: Meter) -> Record:
    """The machine, the software, the card at rest, with a context, and at its best."""
    at_rest = idle(meter, 1.5) if protocol.device == "cuda" else None
    answer, samples = attend(lambda: look(protocol), meter)
    window = answer.pop("window", None)
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "host": {"cpu": models[0] if models else platform.machine(), "cpus": len(models) or None},
        "python": platform.python_version(),
        "torch": torch.__version__,
        "card": meter.card(),
        "card_without_process": at_rest,
        "card_with_context_only": seen([s for s in samples if s.at <= window[1]], *window) if window else None,
        "device": answer,
    }


def rounded(value: Any) -> Any:
    """Six digits: more were not measured."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, (list, tuple)) else value


def write(output: Path, document: Record) -> None:
    """All at once, so that a process that is ended while it writes loses nothing."""
    beside = output.with_suffix(".part")
    beside.write_text(json.dumps(rounded(document), indent=1, sort_keys=True) + "\n")
    beside.replace(output)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path, help="the JSON file to write")
    parser.add_argument("--budget", type=float, default=365.0, help="seconds after which no case is begun")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--window", type=float, default=1.5, help="least seconds of the timed window")
    parser.add_argument("--tiny", action="store_true", help="batch 1 and few tokens: to try the script on a CPU")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--missing-from", type=Path, help="only the cases that this earlier result did not come to")
    return parser.parse_args()


def main() -> None:
    """Measure until the cases or the seconds are over."""
    given = options()
    begun = time.monotonic()
    torch.set_num_threads(1)  # a pool of threads does not survive the fork
    protocol = Protocol(given.device, given.window, *((3, 0.0, 1, 2) if given.tiny else (12, 0.4)))
    cases = [case for case in all_cases() if given.only in str(case)]
    if given.missing_from:
        missing = json.loads(given.missing_from.read_text())["not_measured"]
        cases = [case for case in cases if str(case) in missing]
    if given.tiny:
        NETWORKS["gpt2-small"] = replace(NETWORKS["gpt2-small"], sample=(16,), target=(16,))
        cases = [replace(case, batch=1) for case in cases]
    meter = Meter(wanted=given.device == "cuda")
    around = surroundings(protocol, meter)
    name = around["card"].get("name", "a CPU")
    source = f"measured by calibration/measure_step.py on one {name}, {datetime.date.today().isoformat()}"
    records: list[Record] = []
    document = {"source": source, "protocol": asdict(protocol), "surroundings": around, "cases": records}
    write(given.output, {**document, "not_measured": [str(case) for case in cases]})
    while cases and time.monotonic() - begun < given.budget - LAST_CASE_SECONDS:
        record = measured(cases.pop(0), protocol, meter)
        records.append(record)
        write(given.output, {**document, "not_measured": [str(case) for case in cases]})
        seconds = record.get("step_seconds", {}).get("median")
        line = f"{record['case']}: {record['outcome']} {record.get('error', '')} step {seconds} s"
        sys.stderr.write(f"{time.monotonic() - begun:6.1f} {line}, case {record.get('case_seconds', 0):.1f} s\n")
        if len(records) == HOPELESS_AFTER and all(each["outcome"] == "error" for each in records):
            break


if __name__ == "__main__":
    main()
