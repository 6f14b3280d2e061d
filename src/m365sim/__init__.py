"""A simulated Microsoft 365: Entra and Graph over real HTTPS, for tests, demo and benchmarks.

It is no part of the product and shares no code with it. Where it knows better than a
convenient fake would, it follows Microsoft: assertions are verified, permissions and limits are
checked, delta tokens expire, ids change when things move.
"""
