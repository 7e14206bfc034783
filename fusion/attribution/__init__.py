"""Who explains a hotspot."""
