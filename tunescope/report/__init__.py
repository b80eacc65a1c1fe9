"""One self-contained HTML page from a run: it opens anywhere, without a server or the internet."""

from tunescope.report.collecting import collect
from tunescope.report.data import ReportData
from tunescope.report.page import render, write_report

__all__ = ["ReportData", "collect", "render", "write_report"]
