"""A park with known truth, written in real file formats."""
