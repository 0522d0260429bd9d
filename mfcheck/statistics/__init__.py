"""Decisions with a stated error rate: intervals, the sequential rule, and three verbs for every kind of statement."""
