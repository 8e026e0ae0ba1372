"""Predictions beside what is proven: consistent, proven or refuted."""
