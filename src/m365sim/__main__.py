"""`python -m m365sim` is `m365sim`."""

from m365sim.cli import main

main(prog_name="m365sim")
