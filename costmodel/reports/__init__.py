"""Any noun as text: tables/ has one module per noun, formats/ has one module per format, each found by existing."""

from __future__ import annotations

from costmodel.reports.report_format import (
    format_names,
    general_names,
    names_on_request,
    refuse_unshowable,
    refuse_unwritten,
    render,
)
from costmodel.reports.view import View

__all__ = [
    "View",
    "format_names",
    "general_names",
    "names_on_request",
    "refuse_unshowable",
    "refuse_unwritten",
    "render",
]
