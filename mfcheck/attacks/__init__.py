"""Adversarial losses, the attacks that find them, and operator norms. Imports no theory."""
