"""Where enhancements recur, or were sighted once."""
