"""Training of random networks: losses with their gradients, rules (SGD, gradient flow), and the steps."""
