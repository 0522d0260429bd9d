"""Ways to draw one and the same law of random networks: exact Wishart chains, and dense networks as the arbiter."""
