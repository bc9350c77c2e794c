"""Searches that prove their optimum by closed forms, for the lab's hierarchy of six levels.

The mapspace of a layer has millions of points and more. Four observations leave some thousands, as columns of arrays:

1. Cycles are known beforehand: the multiply-accumulates over the PEs in use, unless the buffer throttles. So spreads
   are tried by their width (``hierarchy``, ``depthwise_spreads``).
2. The DRAM loops' factors fix the buffer's tiles, and the DRAM loops' order matters through the innermost one only
   (``dram_splits``): one column for each choice of factors.
3. Inside a PE at most one register rests, so three arrangements (and two that lengthen the rest) are at least as good
   in *every* counter as all others (``inside_pe``).
4. Energy is a sum over data spaces, and each is kept in the buffer or not: eight sums of known parts (``buffer``).

``candidates`` puts these together and prunes; ``arrangement`` turns a column back into a mapping, whose exact cost the
tests compare with enumeration. Where PEs of a depthwise layer share inputs there is a bound
instead of a closed form (``shared_inputs``), and best-first search by it (``shared_search``).
"""
