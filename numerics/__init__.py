"""Shared arithmetic that knows nothing of files or sites."""
