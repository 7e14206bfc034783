"""What one more pass would tell about who explains a hotspot."""
