"""Wan-Animate in miniature, which ships."""
