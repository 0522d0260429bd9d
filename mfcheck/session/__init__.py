"""One run of claims, by pytest or in plain Python: what was asked, what was found, how to go on."""
