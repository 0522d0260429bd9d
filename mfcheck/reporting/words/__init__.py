"""Numbers, sentences and tables that all pages of a report share."""
