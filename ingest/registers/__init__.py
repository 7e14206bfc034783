"""Lists of sites to sites."""
