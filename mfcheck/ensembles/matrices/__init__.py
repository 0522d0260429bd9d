"""Gaussian matrices known by their products: stored, revealed as they are asked, or diagonal."""
