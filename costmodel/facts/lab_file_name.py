"""The lab's submission file name, ``submission-0p4582-0p0616-131072-0227-224005.csv``: what a student claims.

The starter notebooks write energy in mJ and latency in million cycles with four decimals, the peak activation in bytes
as it is (a float gives ``31104p0``), then month and day, and the time (abf149/lab2-2022-abf149).
"""

from __future__ import annotations

import re
from decimal import Decimal

from costmodel.facts.quantity import measurement
from costmodel.facts.source import Source
from costmodel.ir.facts import Kind, Reading

_NAME = re.compile(
    r"submission-(?P<energy>[0-9]{1,9}p[0-9]{4})-(?P<latency>[0-9]{1,9}p[0-9]{4})-(?P<activation>[0-9]{1,15}(p[0-9]+)?)"
    r"-(?P<month>[0-9]{2})(?P<day>[0-9]{2})-(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})"
    r"( ?\([0-9]+\))?\.csv"
)
_ROUNDING = Decimal("0.00005")
"""Half of the last of four decimals."""


def claims(source: Source) -> tuple[Reading, ...]:
    """The claims of the file's name; empty if it is no such name."""
    match = _NAME.fullmatch(source.name)
    if match is None:
        return ()
    energy, latency, activation = (
        Decimal(match[group].replace("p", ".")) for group in ("energy", "latency", "activation")
    )
    four = "in the file name, rounded to four decimals"
    date = f"{match['month']}-{match['day']} {match['hour']}:{match['minute']}:{match['second']}"
    return (
        Reading(
            file=source.name,
            format="lab-file-name",
            measurements=(
                measurement("energy_mj", energy, four, uncertainty=_ROUNDING, kind=Kind.CLAIMED),
                measurement(
                    "cycles",
                    latency * 10**6,
                    f"million cycles {four}",
                    uncertainty=_ROUNDING * 10**6,
                    kind=Kind.CLAIMED,
                ),
                measurement("peak_activation_bytes", activation, "in the file name", kind=Kind.CLAIMED),
            ),
            notes=(f"written {date}, by the student's clock, without year and time zone",),
        ),
    )
