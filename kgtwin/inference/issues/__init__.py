"""From what is true of a patient to detected issues: who fills which condition, with the derivation."""
