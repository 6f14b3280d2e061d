"""The telephone network, played by sipp: scenarios, and how they are run."""
