"""The files that programs for looking at graphs and time lines open, one format per file.

Each has ``TITLE``; ``OF``, which is ``TRACE`` or ``TIMELINE`` of :mod:`costmodel.reports.export_format`; and
``text(shown)``, the file.
"""
