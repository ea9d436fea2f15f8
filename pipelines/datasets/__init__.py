"""Captures and songs as people have them, turned into pairs of dance and music features."""
