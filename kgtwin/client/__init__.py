"""For analysts in Python: ``kgtwin.connect`` answers in Arrow tables (from there to pandas and polars)."""

from kgtwin.client.connection import Connection, connect

__all__ = ["Connection", "connect"]
