"""The tables of a noun, one noun per file; what each defines is told in :mod:`costmodel.reports.tabulation`."""
