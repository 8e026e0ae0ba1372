"""Which changes would remove an issue, of those that a clinician can make."""
