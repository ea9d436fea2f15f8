"""From one picture to pieces: figure, labels, layers that reach under each other, and the plate.

Knows neither how the pieces are moved (`posing`) nor how they are drawn (`painting`).
"""
