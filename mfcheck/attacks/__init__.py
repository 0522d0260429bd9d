"""Attacks: the largest loss an input perturbation can do, and the norms that measure it. Knows no theory."""
