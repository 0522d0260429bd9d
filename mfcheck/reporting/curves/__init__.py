"""Numbers behind the figures: profiles, trajectories and maps, read from a report's plain data."""
