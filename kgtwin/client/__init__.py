"""For analysts in Python: ``kgtwin.connect`` answers in Arrow tables (from there to pandas and polars)."""

from kgtwin.client.connecting import connect
from kgtwin.client.connection import Connection
from kgtwin.client.local import LocalConnection
from kgtwin.client.remote import RemoteConnection

__all__ = ["Connection", "LocalConnection", "RemoteConnection", "connect"]
