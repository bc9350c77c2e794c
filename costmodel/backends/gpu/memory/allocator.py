"""torch's caching allocator for CUDA, simulated: which segments a sequence of allocations makes it reserve.

The algorithm is that of c10/cuda/CUDACachingAllocator.cpp with its default settings, on one stream: sizes are rounded
up to 512 bytes; requests of up to 1 MiB come from segments of 2 MiB, those under 10 MiB from segments of 20 MiB, and a
larger one has a segment of its own, a multiple of 2 MiB. The smallest free block that fits is taken (of equal ones the
lowest address), and split if more than 1 MiB is left (in the small pool: 512 bytes). A freed block is joined with the
free blocks beside it; segments are kept.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass

BLOCK = 512
SMALL = 2**20
SMALL_SEGMENT = 2 * 2**20
LARGE_SEGMENT = 20 * 2**20
LARGEST_PACKED = 10 * 2**20
ROUND_LARGE = 2 * 2**20


def rounded(nbytes: int) -> int:
    """Bytes of the block that a request gets."""
    return max(BLOCK, -(-nbytes // BLOCK) * BLOCK)


def segment_size(block: int) -> int:
    """Bytes of the segment that is made for a block that fits nowhere."""
    if block <= SMALL:
        return SMALL_SEGMENT
    if block < LARGEST_PACKED:
        return LARGE_SEGMENT
    return -(-block // ROUND_LARGE) * ROUND_LARGE


@dataclass(slots=True, eq=False)
class Block:
    """A stretch of a segment, in use or free, between its neighbours."""

    address: int
    size: int
    small: bool
    requested: int = 0
    before: Block | None = None
    after: Block | None = None
    free: bool = False


class CachingAllocator:
    """One device's allocator.

    Attributes:
        requested, allocated, reserved: bytes at present: as asked for, in blocks, in segments.
        peak_requested, peak_allocated: their highest since the last :meth:`reset_peaks`; segments only become more.
    """

    def __init__(self) -> None:
        self.requested = self.allocated = self.reserved = 0
        self.peak_requested = self.peak_allocated = 0
        # free blocks of the small pool and of the large one, by size and then by address
        self._free: dict[bool, list[tuple[int, int, Block]]] = {True: [], False: []}

    def allocate(self, nbytes: int) -> Block | None:
        """A block for a request; None for an empty one, which takes none."""
        if nbytes <= 0:
            return None
        size = rounded(nbytes)
        block = self._best_free(size) or self._new_segment(size)
        self._split(block, size)
        block.free, block.requested = False, nbytes
        self.requested += nbytes
        self.allocated += block.size  # with what was too little to be split off
        self.peak_requested = max(self.peak_requested, self.requested)
        self.peak_allocated = max(self.peak_allocated, self.allocated)
        return block

    def release(self, block: Block | None) -> None:
        """Give a block back to the cache, joined with the free blocks beside it."""
        if block is None:
            return
        self.requested -= block.requested
        self.allocated -= block.size
        block.free = True
        if (before := block.before) is not None and before.free:
            self._take_out(before)
            block.address, block.size, block.before = before.address, before.size + block.size, before.before
            if block.before is not None:
                block.before.after = block
        if (after := block.after) is not None and after.free:
            self._take_out(after)
            block.size, block.after = block.size + after.size, after.after
            if block.after is not None:
                block.after.before = block
        bisect.insort(self._free[block.small], (block.size, block.address, block))

    def reset_peaks(self) -> None:
        """Peaks begin again at what is in use now."""
        self.peak_requested, self.peak_allocated = self.requested, self.allocated

    def _best_free(self, size: int) -> Block | None:
        blocks = self._free[size <= SMALL]
        at = bisect.bisect_left(blocks, (size,))
        return blocks.pop(at)[2] if at < len(blocks) else None

    def _new_segment(self, size: int) -> Block:
        segment = segment_size(size)
        block = Block(self.reserved, segment, size <= SMALL)  # later segments lie higher
        self.reserved += segment
        return block

    def _split(self, block: Block, size: int) -> None:
        rest = block.size - size
        if rest < BLOCK if block.small else rest <= SMALL:
            return
        left = Block(block.address + size, rest, block.small, before=block, after=block.after, free=True)
        if block.after is not None:
            block.after.before = left
        block.size, block.after = size, left
        bisect.insort(self._free[block.small], (left.size, left.address, left))

    def _take_out(self, block: Block) -> None:
        blocks = self._free[block.small]
        blocks.pop(bisect.bisect_left(blocks, (block.size, block.address)))
