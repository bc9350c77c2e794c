"""Namespaces by the keeper: no network, a read-only machine, and a first process whose end is everybody's."""

from __future__ import annotations

from costmodel.measuring.enclosure import PROMISES, Enclosure

ENCLOSURE = Enclosure(
    name="namespaces",
    order=20,
    description="every namespace of its own; everything read-only but the entry's folder; no capabilities",
    promises=tuple(PROMISES),
    advice="ask the administrator to allow unprivileged user namespaces (Linux 5.12 or newer)",
    system="linux",
    by_keeper=True,
    depth=2,
)
