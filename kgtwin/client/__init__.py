"""For analysts in Python: ``kgtwin.connect``."""
