"""Figures of a report, each drawn from its plain data."""
