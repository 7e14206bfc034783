"""`python -m onevisit.cli`."""

from onevisit.cli import main

main()
