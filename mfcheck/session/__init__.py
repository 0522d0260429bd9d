"""One run of claims, by pytest or from Python: options, selection, findings, progress, resuming."""
