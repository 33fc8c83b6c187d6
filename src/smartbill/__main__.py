"""`python -m smartbill` is the command `smartbill`."""

from smartbill.cli.main import run

run()
