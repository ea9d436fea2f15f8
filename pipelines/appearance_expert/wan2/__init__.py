"""Wan-Animate-2."""
