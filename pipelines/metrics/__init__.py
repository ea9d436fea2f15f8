"""Metrics of dance and of dance video, one function each."""
