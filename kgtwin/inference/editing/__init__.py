"""Whom an edit of the knowledge can touch: found without inferring anybody.

```
knowledge before ──content──┐
                            ├── Edit ──touches(mentioned)──> whether a patient's answers can differ
knowledge after ───content──┘
```

What follows for a patient rests on the axioms that the patient's classes can reach, and on the annotations of what
these name: a module of the ontology. Where both versions have the same module, they say the same, word for word: the
same issues with the same proofs and caveats, the same predictions. (Modules by syntactic locality hold every
justification: B. Cuenca Grau, I. Horrocks, Y. Kazakov, U. Sattler, Modular reuse of ontologies, JAIR 31, 2008;
B. Suntisrivaraporn, Module extraction and incremental classification, ESWC 2008.)
"""

from kgtwin.inference.editing.archive import Archive
from kgtwin.inference.editing.content import Content, content_of
from kgtwin.inference.editing.edit import Edit
from kgtwin.inference.editing.mentions import mentioned

__all__ = ["Archive", "Content", "Edit", "content_of", "mentioned"]
