"""``python -m harness``: the same arguments as the command ``harness``."""

from harness.cli import main

main(prog_name="python -m harness")
