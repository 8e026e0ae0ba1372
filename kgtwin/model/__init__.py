"""Facts, issues, derivations and axioms: frozen values, no I/O."""
