"""The proven optimum of any hierarchy: cost-to-go tables over all tiles, then branch and bound from the outside in.

What makes it small: a data space's words over a boundary depend on the tile inside it, on how many trips the loops
outside make, and on the *run* of innermost loops that do not move the data space (``deltas``). Loops further out can
be in any order. So a mapping is a chain of tiles, each dividing the next, with one run per block of loops; what the
levels inside a tile cost does not depend on how the levels outside it are split, only on the run they end with.

* ``spreads``: every way to use the fan-outs. One is fixed at a time; then the counts per instance are whole numbers.
* ``lattice``: the tiles of one spread as a grid over prime exponents, on which "the best tile inside this one" is a
  running minimum along each axis.
* ``neighbours``: how PEs that lie side by side can lie apart along each dim.
* ``orders``: what the order of a block's loops can mean for the levels inside it.
* ``boundaries``: words and energy of every boundary for all tiles at once.
* ``tables``: the least cost of everything inside a tile, for every tile: a bound that is nearly always attained.
* ``branching``: mappings built from the outside in, the most promising first, cut off where the bound says so.
* ``leaves``: the exact cost of what is left, by the same arithmetic as everywhere (``mapping.cost``).
"""
