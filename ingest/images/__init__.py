"""Photos, videos and what lies beside them to frames."""
