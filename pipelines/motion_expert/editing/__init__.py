"""Editing a dance: what of it stays, and how what is danced anew is fitted in between."""
