"""The job after each flight and each drive: it knows the rooms, they do not know it."""
