"""One posterior for all that fixed points and paths met: places, rates, and what is wrong with the vane."""
