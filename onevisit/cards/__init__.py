"""What comes from the field: memory cards, clocks without a zone, instruments, recipes of what was believed."""
