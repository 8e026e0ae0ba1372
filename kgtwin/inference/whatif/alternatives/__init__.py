"""Fan-out: every medicine of a class as if it were started, one line an ingredient, ranked by what is known of it.

```
class ──candidates──> ways to take each ──screening──> issues that would appear ──ranking──> the first ones whole
```
"""

from kgtwin.inference.whatif.alternatives.asking import Asked
from kgtwin.inference.whatif.alternatives.fan import alternatives, each_alternative

__all__ = ["Asked", "alternatives", "each_alternative"]
