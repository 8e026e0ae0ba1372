"""The command line: parse, call, render. Answers on standard output, everything else on standard error."""

from kgtwin.cli.app import main

__all__ = ["main"]
