"""kgtwin: a patient digital twin as a knowledge graph that can reason.

Not clinically validated; no issue found is not safety. See ``docs/safety.md``.
"""

__version__ = "0.1.0"
