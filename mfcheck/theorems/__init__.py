"""What the claims of one theorem share: allowances, rivals and curves."""
