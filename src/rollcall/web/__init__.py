"""What every page and every API route stands on: which machine, who asks, in whose scope."""
