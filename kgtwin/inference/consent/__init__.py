"""What consent withholds of a patient, and what may then be said."""
