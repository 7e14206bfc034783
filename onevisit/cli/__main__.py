"""`python -m onevisit.cli`."""

from onevisit.cli import main

if __name__ == "__main__":
    main()
