"""A constant of another module."""

OTHER = 1
