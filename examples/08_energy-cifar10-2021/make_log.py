"""Write power_metrics.json: a made-up AIPowerMeter log of two recordings, in the form the meter has.

python examples/08_energy-cifar10-2021/make_log.py > power_metrics.json
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

START = datetime(2021, 11, 8, 14, 30)


def sample(second: float, cpu: float, gpu: float) -> str:
    """A line: watts of the processor's packages and of the one GPU."""
    return json.dumps(
        {
            "date": str(START + timedelta(seconds=second)),
            "metrics": {
                "cpu": {"intel_power": cpu, "psys_power": -1, "total_dram_power": 9.0},
                "gpu": {"nvidia_draw_absolute": gpu, "per_gpu_power_draw": {"0": gpu}},
            },
        }
    )


def main() -> None:
    """Forty iterations: twenty seconds, a pause that belongs to nothing, and twenty seconds again."""
    for first in (0, 65):
        for step in range(11):
            ramp = min(step, 2) / 2
            print(sample(first + 2 * step, 45 + 40 * ramp, 62 + 178 * ramp))
        print("END OF RECORDING SEGMENT")


if __name__ == "__main__":
    main()
