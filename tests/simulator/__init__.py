"""The simulator, tested as a program of its own, and the client others steer it with."""
