"""Numbers behind the figures: profiles, trajectories and maps, read from the records of a report."""
