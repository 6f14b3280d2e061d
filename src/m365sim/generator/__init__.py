"""Directories of any size, computed from a seed: nothing is stored that can be computed again."""
