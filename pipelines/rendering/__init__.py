"""A dance before a camera: what render draws, and what it leaves on disk."""
