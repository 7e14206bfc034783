"""What a person or another program gets: files in OUT."""
