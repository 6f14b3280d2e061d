"""python -m rollcall.cli"""

from rollcall.cli.main import main

main()
