"""Where each photo was taken from, and how well that is known."""
