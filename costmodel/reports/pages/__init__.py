"""The pages, one noun per file: ``NOUN``, and ``parts(noun, view)`` for :mod:`costmodel.reports.html.document`."""
