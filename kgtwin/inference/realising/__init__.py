"""A patient on top of the shared classification: which facts count, and the individuals that they become."""
