"""Where clinical data comes from: each source gives ``Submission`` values."""
