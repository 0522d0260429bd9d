"""Inputs that claims look at: real images and noise, scaled to a declared norm."""
