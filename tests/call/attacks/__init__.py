"""Attacks on the switch, on the wire: each with its twin that has nothing wrong and succeeds."""
