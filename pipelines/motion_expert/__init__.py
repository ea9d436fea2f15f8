"""The Motion Expert: music features to 3D dance."""
