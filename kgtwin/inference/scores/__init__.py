"""Risk scores of a patient: a number, a range, or why there is none."""
