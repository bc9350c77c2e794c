"""Words of a v0.4 folder that the engine does not model: those that are noted beside a result, those that are refused.

What changes a result by an amount that nobody here could say, or makes mappings illegal that would be offered, is
refused; what leaves a figure out (waiting, wires, leakage) is noted; what the energy table has already is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.errors import UsageError
from costmodel.files.located import Located

NOTED = {
    "shared_bandwidth": "cycles do not wait for a bandwidth that reads and writes share",
    "rw_bandwidth": "cycles do not wait for a bandwidth that reads and writes share",
    "bandwidth": "cycles do not wait for it; read_bandwidth and write_bandwidth are read",
    "per_dataspace_bandwidth_consumption_scale": "every word takes the same bandwidth",
    "network_fill_latency": "cycles leave it out",
    "network_drain_latency": "cycles leave it out",
    "has_power_gating": "there is no leakage, and nothing to gate",
    "power_gated_at": "there is no leakage, and nothing to gate",
    "metadata_datawidth": "data are dense, and there are no metadata",
    "metadata_block_size": "data are dense, and there are no metadata",
    "metadata_storage_width": "data are dense, and there are no metadata",
    "metadata_storage_depth": "data are dense, and there are no metadata",
    "concordant_compressed_tile_traversal": "data are dense",
    "tile_partition_supported": "data are dense",
    "decompression_supported": "data are dense",
    "compression_supported": "data are dense",
}
"""Attributes, and what their being ignored means."""

REFUSED = {
    "allow_overbooking": "a tile larger than its memory is not modelled",
    "min_utilization": "a least utilisation of a memory is not modelled",
}

NETWORKS = ("XY_NoC", "Legacy", "ReductionTree", "SimpleMulticast")
"""Classes of networks (timeloopfe, v4/arch.py)."""

_SILENT = (None, False, 0, "", "false", "False")


def notes_on(attributes: Located, name: str) -> Iterator[tuple[str, str]]:
    """Of a component's own attributes: where, and what is not modelled.

    Raises:
        UsageError: one that makes results wrong by what nobody knows.
    """
    for key, value in attributes.items():
        if value in _SILENT or value == {}:
            continue
        if key in REFUSED:
            raise UsageError(f"{attributes.at(key)}: {key} of {name}: {REFUSED[key]}; leave it out")
        if key == "power_gated_at" and value == name:
            continue
        if key in NOTED:
            yield attributes.at(key), f"{key} of {name}: {NOTED[key]}"
    if attributes.get("reduction_supported") in (False, "False", "false"):
        what = "it may reduce here nevertheless, as the machine's other levels do"
        yield attributes.at("reduction_supported"), f"reduction_supported of {name} is false: {what}"


def refuse_sparse(node: Located) -> None:
    """Refuse a node that skips or compresses zeros.

    Raises:
        UsageError: it does.
    """
    if node.get("sparse_optimizations") not in (None, {}, []):
        raise UsageError(
            f"{node.at('sparse_optimizations')}: sparse_optimizations of {node.get('name')}: layers are dense here, "
            "and a sparse machine's energy and cycles are not modelled; leave them out to see the dense machine's"
        )
