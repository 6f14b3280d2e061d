"""The interface for tests and the demo: plain HTTP and JSON on the loopback."""
