"""Running code that nobody trusts: walls, limits, supervision, and the proof that they hold.

:func:`costmodel.sandbox.run.run_child` is the way in: it runs any importable function in a confined process of its own.
Nothing here knows what that function does.
"""
