"""Statistics of one network draw, by engine. Nothing here knows what the theory predicts."""
