"""One report format per file; what each defines is :class:`costmodel.reports.report_format.ReportFormat`."""
