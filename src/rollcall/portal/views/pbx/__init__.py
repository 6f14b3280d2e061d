"""The pages of the PBX itself: extensions, numbers, contacts."""
