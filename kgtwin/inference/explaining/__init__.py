"""Why not, and what changed: by facts and by axioms."""
