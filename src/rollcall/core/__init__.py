"""The core decides: frozen values in, frozen values out. No I/O, no clock, no randomness."""
