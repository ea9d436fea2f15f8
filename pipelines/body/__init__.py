"""Rotations, skeleton, body mesh and renderer."""
