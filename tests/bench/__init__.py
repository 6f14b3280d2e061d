"""Seconds, requests, memory: the product against the floor, and against peers, in the same run."""
