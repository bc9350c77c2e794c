"""Where operands are, on schedules made by hand and at random: what must be moved is, and fusion never costs more."""

from __future__ import annotations

from dataclasses import astuple

from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.backends.whole.residency import Moves, Saved, moves
from costmodel.ir.schedule import Held, Operand, Schedule, ScheduledCall
from costmodel.ir.work import ScalarOps

LARGE = 1 << 40


def call(reads: dict[int, int], writes: dict[int, int], *, mapped: bool = False, elementwise: bool = True,
         part: str = "forward") -> ScheduledCall:  # fmt: skip
    """A call on so many words of each piece of memory, of 4 bytes."""
    return ScheduledCall(
        part=part, layer="x", op="o", mapped=mapped, in_nests=0, beside=ScalarOps(add=1), elementwise=elementwise,
        reads=tuple(Operand(held=h, words=w, nbytes=4 * w) for h, w in reads.items()),
        writes=tuple(Operand(held=h, words=w, nbytes=4 * w) for h, w in writes.items()),
    )  # fmt: skip


def walk(
    sizes: list[int],
    calls: list[ScheduledCall],
    capacity: int | None = LARGE,
    *,
    after: tuple[int, ...] = (),
    before: tuple[int, ...] = (0,),
    fused: bool = False,
    outermost: bool = False,
) -> tuple[tuple[Moves, ...], Saved]:
    """Piece 0 is there before, as a batch is; those in ``after`` outlive the step."""
    held = tuple(Held(words=n, nbytes=4 * n, before=h in before, after=h in after) for h, n in enumerate(sizes))
    return moves(Schedule(held=held, calls=tuple(calls)), capacity, fused=fused, outermost=outermost)


def words(done: Moves) -> tuple[int, int, int, int]:
    """Read and written at the level, read and written in DRAM."""
    return done.level_reads, done.level_writes, done.dram_reads, done.dram_writes


def test_what_follows_at_once_is_still_there() -> None:
    chain = [call({0: 8}, {1: 8}), call({1: 8}, {2: 8}), call({2: 8}, {3: 2})]
    first, second, third = walk([8, 8, 8, 2], chain, after=(3,))[0]
    assert words(first) == (8, 8 + 8, 8, 0)  # the batch comes in, the result stays
    assert words(second) == (8, 8, 0, 0)
    assert words(third) == (8 + 2, 2, 0, 2)  # and the last result goes out
    # too small by a word: each result goes to DRAM and comes back
    first, second, _ = walk([8, 8, 8, 2], chain, 7, after=(3,))[0]
    assert words(first) == (8 + 8, 8 + 8, 8, 8)
    assert words(second) == (8 + 8, 8 + 8, 8, 8)
    assert walk([8, 8, 8, 2], chain, 8, after=(3,))[0] == walk([8, 8, 8, 2], chain, None, after=(3,))[0]


def test_first_come_first_kept_and_room_is_given_back() -> None:
    two = [call({0: 6}, {1: 6}), call({0: 6}, {2: 4}), call({1: 6}, {3: 1}), call({2: 4}, {4: 1})]
    # 10 words: the batch (6, until it is read again) leaves no room for piece 1, and has gone when piece 2 comes
    done = walk([6, 6, 4, 1, 1], two, 10)[0]
    assert [words(d) for d in done] == [(6 + 6, 6 + 6, 6, 6), (6, 4, 0, 0), (6, 6 + 1, 6, 0), (4, 1, 0, 0)]


def test_a_mapped_call_takes_all_of_the_level() -> None:
    calls = [call({0: 4}, {1: 4}), call({0: 4}, {2: 4}, mapped=True), call({1: 4, 2: 4}, {3: 4})]
    first, mapped, last = walk([4] * 4, calls)[0]
    assert words(first) == (4 + 4, 4 + 4, 4, 4)
    assert words(mapped) == (0, 0, 0, 0)
    assert words(last) == (8, 8 + 4, 8, 0)  # nobody asks for the last result: it goes nowhere


def test_a_part_of_a_piece_never_makes_it_whole() -> None:
    calls = [call({0: 3}, {1: 1}), call({0: 5}, {1: 1}), call({0: 8}, {2: 8}), call({0: 4}, {3: 1})]
    done = walk([8, 1, 8, 1], calls)[0]
    assert [d.dram_reads for d in done] == [3, 5, 8, 0]


def test_a_result_in_place_is_written_once() -> None:
    calls = [call({0: 4, 1: 4}, {0: 4}), call({0: 4}, {0: 4})]
    done = walk([4, 4], calls, after=(0,), before=(0, 1))[0]
    assert [words(d) for d in done] == [(8, 8 + 4, 8, 0), (4 + 4, 4, 0, 4)]


def test_fusion_takes_the_place_in_the_drain_unless_others_want_what_was_in_it() -> None:
    layer = call({0: 4}, {1: 4}, mapped=True)
    alone = [layer, call({1: 4}, {2: 4}), call({2: 4}, {3: 4}), call({3: 4}, {4: 4}, mapped=True)]
    done = walk([4] * 5, alone, fused=True)[0]
    assert [(d.fused, d.unmoved_bytes, words(d)) for d in done[1:3]] == [
        (True, 16, (0, 4, 0, 0)),  # it stays for the next one, and is in DRAM as well
        (True, 32, (0, 0, 0, 0)),
    ]
    # what the layer gave is saved for the backward pass: it keeps its place, and the result goes to DRAM on its own
    saved = [layer, call({1: 4}, {2: 4}), call({2: 4}, {3: 4}, mapped=True), call({1: 4}, {4: 1}, part="backward")]
    assert words(walk([4] * 5, saved, fused=True)[0][1]) == (4, 4, 0, 4)
    assert words(walk([4] * 5, saved)[0][1]) == (4 + 4, 4 + 4, 4, 4)
    # in place nothing of it is left to be wanted
    own = [layer, call({1: 4}, {1: 4}), call({1: 4}, {3: 4}, mapped=True)]
    assert words(walk([4] * 5, own, fused=True)[0][1]) == (0, 0, 0, 0)
    # another operand still has to come
    both = [layer, call({1: 4, 0: 4}, {2: 4}), call({2: 4}, {3: 4}, mapped=True)]
    assert words(walk([4] * 5, both, fused=True)[0][1]) == (4, 4, 4, 0)


def test_what_is_not_elementwise_or_comes_too_late_is_not_fused() -> None:
    layer = call({0: 4}, {1: 4}, mapped=True)
    for calls in (
        [layer, call({1: 4}, {2: 4}, elementwise=False)],
        [layer, call({1: 4}, {2: 1})],
        [layer, call({0: 4}, {3: 4}), call({1: 4, 3: 4}, {2: 4})],  # the other operand comes after the layer
        [layer, call({1: 4}, {3: 4}, elementwise=False), call({1: 4}, {2: 4})],  # somebody else asks first
        [layer, call({2: 4}, {3: 4}, elementwise=False), call({1: 4}, {2: 4})],  # what it writes over is still read
        [layer, call({1: 4}, {2: 4, 3: 4})],
        [call({1: 4}, {2: 4})],
        [layer, call({1: 4}, {2: 4}, part="optimizer")],
    ):
        assert not any(done.fused for done in walk([4] * 4, calls, fused=True)[0])


def test_other_layers_may_come_between_a_layer_and_what_is_fused_with_it() -> None:
    layer, other = call({0: 4}, {1: 4}, mapped=True), call({0: 4}, {5: 4}, mapped=True)
    act, pool = call({1: 4}, {2: 4}), call({2: 4}, {3: 4}, elementwise=False)
    done = walk([4] * 6, [layer, other, act, pool], fused=True)[0]
    # the result is in DRAM since the drain, and comes from there for the one that finds it at the level
    assert [(d.fused, words(d)) for d in done[2:]] == [(True, (0, 4, 4, 0)), (False, (4, 4, 0, 0))]
    assert [words(d) for d in walk([4] * 6, [layer, other, act, pool])[0][2:]] == [(4, 8, 4, 0), (4, 4, 0, 0)]
    # for a layer it is where it has to be
    done = walk([4] * 6, [layer, other, act, call({2: 4}, {3: 4}, mapped=True)], fused=True)[0]
    assert (done[2].fused, done[2].unmoved_bytes, words(done[2])) == (True, 32, (0, 0, 0, 0))
    # a second one reads it at the level then, and is not fused
    done = walk([4] * 6, [layer, other, act, call({2: 4}, {3: 4}), call({3: 4}, {4: 1})], fused=True)[0]
    assert [(d.fused, words(d)) for d in done[2:4]] == [(True, (0, 4, 4, 0)), (False, (4, 4, 0, 0))]
    # a vector call between parts nothing
    done = walk([4] * 6, [layer, call({0: 4}, {4: 4}), act, pool], fused=True)[0]
    assert (done[2].fused, words(done[2])) == (True, (0, 4, 0, 0))
    # two layers added up: with the one that comes last
    both = [layer, other, call({1: 4, 5: 4}, {2: 4})]
    done = walk([4] * 6, both, after=(2,), fused=True)[0]
    assert (done[2].fused, done[2].unmoved_bytes, words(done[2])) == (True, 32, (4, 4, 4, 0))


def test_what_is_saved_for_the_backward_pass() -> None:
    calls = [
        call({0: 4}, {1: 4}), call({1: 4}, {2: 4}, mapped=True), call({2: 4}, {3: 2}, part="loss"),
        call({3: 2}, {4: 2}, part="loss_backward"), call({4: 2, 1: 4}, {5: 4}, part="backward"),
        call({0: 4}, {6: 1}, part="backward"), call({6: 1}, {7: 1}, part="optimizer"),
    ]  # fmt: skip
    # pieces 1 and 3; the batch was there before. Piece 1 meets the mapped call, piece 3 nothing
    assert walk([4, 4, 4, 2, 2, 4, 1, 1], calls)[1] == Saved(4 * (4 + 2), 4 * 2)
    assert walk([4, 4, 4, 2, 2, 4, 1, 1], calls, 0)[1] == Saved(4 * (4 + 2), 0)


SIZES = st.lists(st.integers(1, 9), min_size=4, max_size=4)


@st.composite
def schedules(draw: st.DrawFn) -> tuple[list[int], list[ScheduledCall], tuple[int, ...]]:
    sizes = draw(SIZES)
    pieces = st.integers(0, len(sizes) - 1)
    made = []
    for _ in range(draw(st.integers(1, 10))):
        # whole pieces mostly, as tensors are; sometimes a part of one
        touched = [
            {h: draw(st.sampled_from((sizes[h], sizes[h], sizes[h], 1))) for h in draw(st.sets(pieces, max_size=2))}
            for _ in range(2)
        ]
        made.append(call(*touched, mapped=draw(st.booleans()), elementwise=draw(st.booleans())))
    return sizes, made, tuple(draw(st.sets(pieces)))


@settings(max_examples=300, deadline=None)
@given(given=schedules(), capacity=st.integers(0, 40))
def test_fusion_never_costs_more_and_bytes_are_kept_account_of(
    given: tuple[list[int], list[ScheduledCall], tuple[int, ...]], capacity: int
) -> None:
    sizes, calls, after = given
    plain, saved = walk(sizes, calls, capacity, after=after)
    fused, saved_too = walk(sizes, calls, capacity, after=after, fused=True)
    assert saved == saved_too
    for one, less, done in zip(plain, fused, calls, strict=True):
        read, written = (sum(o.words for o in side) for side in (done.reads, done.writes))
        if done.mapped:
            assert one == less == Moves()
            continue
        assert not one.fused
        assert one.level_reads >= read
        assert one.level_writes >= written
        assert one.dram_reads <= read
        assert 0 <= less.unmoved_bytes <= done.nbytes
    for before, then in zip(zip(*map(words, plain), strict=True), zip(*map(words, fused), strict=True), strict=True):
        assert sum(before) >= sum(then)


@settings(max_examples=200, deadline=None)
@given(given=schedules())
def test_without_room_all_comes_from_dram_and_with_room_each_piece_once(
    given: tuple[list[int], list[ScheduledCall], tuple[int, ...]],
) -> None:
    sizes, calls, after = given
    unmapped = [done for done in calls if not done.mapped]
    none = walk(sizes, unmapped, 0, after=after)[0]
    for done, moved in zip(unmapped, none, strict=True):
        assert moved.dram_reads == sum(o.words for o in done.reads)
    assert {astuple(m)[2:4] for m in walk(sizes, unmapped, LARGE, after=after, outermost=True)[0]} <= {(0, 0)}
    whole = [
        call({o.held: sizes[o.held] for o in c.reads}, {o.held: sizes[o.held] for o in c.writes}) for c in unmapped
    ]
    once = walk(sizes, whole, None, after=after)[0]
    first: dict[int, bool] = {}
    for done in whole:
        for side in (done.reads, done.writes):
            for operand in side:
                first.setdefault(operand.held, side is done.reads)
    # what is read before it is written comes in, once; what was written and outlives the step goes out, once
    assert sum(m.dram_reads for m in once) == sum(sizes[held] for held, read in first.items() if read)
    written = {operand.held for done in whole for operand in done.writes}
    assert sum(m.dram_writes for m in once) == sum(sizes[held] for held in written if held in after)
