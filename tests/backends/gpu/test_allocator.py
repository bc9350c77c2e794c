"""torch's caching allocator by hand: sizes as CUDACachingAllocator.cpp has them, each figure counted on paper."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from costmodel.backends.gpu.memory.allocator import Block, CachingAllocator, rounded, segment_size

KIB, MIB = 2**10, 2**20


@pytest.mark.parametrize(
    ("asked", "block", "segment"),
    [
        (1, 512, 2 * MIB),
        (513, 1024, 2 * MIB),
        (MIB, MIB, 2 * MIB),
        (MIB + 1, MIB + 512, 20 * MIB),
        (10 * MIB - 1, 10 * MIB, 10 * MIB),  # rounded up first, it is no longer under 10 MiB
        (10 * MIB - 512, 10 * MIB - 512, 20 * MIB),
        (10 * MIB + 1, 10 * MIB + 512, 12 * MIB),
    ],
)
def test_a_request_alone(asked: int, block: int, segment: int) -> None:
    allocator = CachingAllocator()
    allocator.allocate(asked)
    assert (rounded(asked), segment_size(rounded(asked))) == (block, segment)
    # a rest of at most 1 MiB (of less than 512 bytes in the small pool) stays with the block
    rest = segment - block
    whole = segment if (rest <= MIB if block > MIB else rest < 512) else block
    assert (allocator.requested, allocated(allocator), allocator.reserved) == (asked, whole, segment)


def allocated(allocator: CachingAllocator) -> int:
    return allocator.allocated


def test_small_requests_share_a_segment_and_large_ones_do_not_take_from_it() -> None:
    allocator = CachingAllocator()
    blocks = [allocator.allocate(600 * KIB) for _ in range(3)]  # three of 600 KiB: the third leaves 248 KiB of 2 MiB
    assert allocator.reserved == 2 * MIB
    fourth = allocator.allocate(600 * KIB)
    assert allocator.reserved == 4 * MIB
    allocator.release(blocks[0])
    allocator.allocate(2 * MIB)  # the large pool has nothing: a segment of 20 MiB
    assert allocator.reserved == 24 * MIB
    allocator.allocate(248 * KIB)  # best fit: the tail of the first segment, not the freed 600 KiB
    allocator.allocate(600 * KIB)
    assert allocator.reserved == 24 * MIB
    allocator.release(fourth)


def test_best_fit_split_and_join() -> None:
    allocator = CachingAllocator()
    big, other = allocator.allocate(64 * MIB), allocator.allocate(40 * MIB)
    assert allocator.reserved == 104 * MIB
    allocator.release(big)
    allocator.release(other)
    first = allocator.allocate(30 * MIB)  # fits best in 40 MiB, and leaves 10
    second = allocator.allocate(9 * MIB + 512 * KIB)  # half a MiB is too little to be split off the 10
    assert (allocator.allocated, allocator.reserved) == (40 * MIB, 104 * MIB)
    allocator.allocate(41 * MIB)
    assert allocator.reserved == 104 * MIB
    allocator.allocate(24 * MIB)  # 23 MiB are left of the 64: a segment of its own
    assert allocator.reserved == 128 * MIB
    allocator.release(first)
    allocator.release(second)  # the two are joined to 40 MiB again
    allocator.allocate(40 * MIB)
    assert (allocator.allocated, allocator.reserved) == (105 * MIB, 128 * MIB)
    assert (allocator.peak_requested, allocator.peak_allocated) == (105 * MIB, 105 * MIB)
    allocator.reset_peaks()
    assert allocator.allocate(0) is None


def test_fragments_are_reserved_though_the_bytes_would_do() -> None:
    """Two free stretches of 11 MiB with a live one between them do not hold 20 MiB."""
    allocator = CachingAllocator()
    whole = allocator.allocate(33 * MIB)  # a segment of 34
    allocator.release(whole)
    parts = [allocator.allocate(11 * MIB) for _ in range(3)]
    assert allocator.reserved == 34 * MIB
    allocator.release(parts[0])
    allocator.release(parts[2])
    allocator.allocate(20 * MIB)
    assert allocator.reserved == 54 * MIB


def test_nothing_is_lost_or_in_two_places_whatever_the_order() -> None:
    chance = random.Random(3)
    allocator = CachingAllocator()
    alive: list[Block] = []
    for _ in range(4000):
        if alive and chance.random() < 0.5:
            allocator.release(alive.pop(chance.randrange(len(alive))))
        elif block := allocator.allocate(chance.choice((700, 300 * KIB, 3 * MIB, 12 * MIB, 50 * MIB))):
            alive.append(block)
        stretches = sorted((b.address, b.address + b.size) for b in alive)
        assert all(end <= start for (_, end), (start, _) in pairwise(stretches))
        assert allocator.allocated == sum(b.size for b in alive) <= allocator.reserved
    for block in alive:
        allocator.release(block)
    reserved = allocator.reserved
    # everything is joined to whole segments again: each of them can be had as one block
    sizes = [size for blocks in allocator._free.values() for size, _, _ in blocks]
    assert sum(sizes) == reserved
    assert all(b.before is None and b.after is None for blocks in allocator._free.values() for *_, b in blocks)
