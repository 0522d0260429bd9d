"""What pages say: numbers, sentences and tables."""
