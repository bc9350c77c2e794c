"""All that is computed from an answer: its checks, the counts, the layer problems. It runs in a limited child."""

from __future__ import annotations

import pickle

from costmodel.backends.gpu.options import GpuOptions, as_computed
from costmodel.backends.gpu.training import estimate_training
from costmodel.errors import UsageError
from costmodel.files.quoting import safe_text
from costmodel.grading.child.messages import REQUEST, Replay, Request
from costmodel.grading.mappable import too_large
from costmodel.grading.notice import Notice, NoticeKind
from costmodel.grading.scrutiny.answer import checked
from costmodel.grading.traced_submission import DERIVED, Derived, ToDerive, TracedSubmission
from costmodel.grading.walled_answer import WalledTrace
from costmodel.hardware.gpu.cards import load_gpu
from costmodel.ir.analysis import INFERENCE, Analysis
from costmodel.ir.codec import dumps
from costmodel.ir.counts import Counts
from costmodel.ir.gpu_estimate import GpuEstimate
from costmodel.ir.workload import Workload
from costmodel.ops import formulas
from costmodel.passes.kernels import kernels_of_training
from costmodel.passes.lower import lower
from costmodel.passes.summary import summarise
from costmodel.passes.work import count
from costmodel.tracing.shapes import warm_up


def warm() -> None:
    """What the first answer would load is loaded before the first fork."""
    formulas()
    warm_up()


def derive(data: bytes) -> bytes:
    """:class:`ToDerive` → :class:`Derived`; the request is our own pickle, of which the answer is a string of bytes."""
    job: ToDerive = pickle.loads(data)
    walled = checked(job.walled)
    counts = None if walled.training is None else count(walled.training.phases[0].trace)
    analysis, workload = _figures(walled, job, counts)
    remarks = walled.remarks
    problem = "" if workload is None else too_large(workload)
    if problem:
        workload = None
        remarks = (*remarks, Notice(kind=NoticeKind.TOO_LARGE, message=safe_text(problem)))
    gpu, gpu_because = _on_gpus(walled, job, counts)
    traced = TracedSubmission(
        analysis=analysis,
        workload=workload,
        notice=walled.notice,
        remarks=remarks,
        output=walled.output,
        gpu=gpu,
        gpu_because=gpu_because,
    )
    return dumps(Derived(traced=traced, replay=_replay(walled, job)), DERIVED).encode()


def _figures(walled: WalledTrace, job: ToDerive, counts: Counts | None) -> tuple[Analysis | None, Workload | None]:
    if walled.training is None or walled.subject is None:
        return None, None
    analysis = summarise(walled.training, walled.subject, random=job.random, counts=counts)
    if job.phase is None:
        return analysis, None
    if job.phase == INFERENCE:
        counts = None if walled.inference is None else count(walled.inference)
    return analysis, None if counts is None else lower(counts, job.phase)


def _on_gpus(walled: WalledTrace, job: ToDerive, counts: Counts | None) -> tuple[tuple[GpuEstimate, ...], str]:
    """What the training, or the inference, takes on the cards that the rules name; or why that is not known."""
    training = walled.training
    if training is None or counts is None or not job.cards:
        return (), ""
    kernels = kernels_of_training(training, counts)
    specs = [load_gpu(name) for name in job.cards]
    try:
        options = as_computed(GpuOptions(), kernels, specs)
    except UsageError as problem:
        return (), safe_text(f"it cannot be estimated: {problem.message}")
    found = (estimate_training(training, kernels, counts, spec, options, phase=job.card_phase) for spec in specs)
    return tuple(found), ""


def _replay(walled: WalledTrace, job: ToDerive) -> str:
    if job.replayed is None or walled.inference is None:
        return ""
    weights, predictions = job.replayed
    replay = Replay(inference=walled.inference, weights=weights, predictions=predictions)
    return dumps(Request(replay=replay), REQUEST)
