"""Training of random networks: what is descended, by which rule, and the steps."""
