"""Decisions with a stated error rate: intervals, the sequential rule, and three functions for every kind of θ."""
