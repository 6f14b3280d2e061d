"""The program `rollcall`: each command a thin call of one operation."""
