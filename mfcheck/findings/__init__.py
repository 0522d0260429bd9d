"""Claims, their cells and findings, and the report of a run, all as plain data."""
