"""What a report tells over several points or findings, read off its plain data."""
