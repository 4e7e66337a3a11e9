"""A diagnosis as one HTML page that needs nothing else, not even a network."""

from kerasparts.reports.report import render_report as render_report
from kerasparts.reports.report import write_report as write_report

__all__ = ["render_report", "write_report"]
