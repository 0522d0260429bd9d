"""Helpers that the claims of one theorem share: allowances for finite sizes, rival statements, curves."""
