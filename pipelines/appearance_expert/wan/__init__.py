"""Wan-Animate: loading it onto the card that is there, and long videos by segments."""
