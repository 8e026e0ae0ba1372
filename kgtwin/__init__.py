"""kgtwin: a patient digital twin as a knowledge graph that can reason.

Not clinically validated; no issue found is not safety. See ``docs/safety.md``.
"""

__version__ = "0.1.0"

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kgtwin.client import connect

__all__ = ["__version__", "connect"]


def __getattr__(name: str) -> Any:
    """``kgtwin.connect`` is imported when it is first asked for: ``kgtwin --help`` never needs it."""
    if name == "connect":
        from kgtwin.client import connect  # noqa: PLC0415

        return connect
    raise AttributeError(f"module 'kgtwin' has no attribute {name!r}")
