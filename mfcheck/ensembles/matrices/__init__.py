"""Random matrices that networks multiply with: stored, drawn only as far as they are used, or diagonal."""
