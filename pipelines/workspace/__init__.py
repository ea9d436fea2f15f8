"""Where things lie on disk, and records of what ran."""
