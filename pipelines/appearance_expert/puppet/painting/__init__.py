"""From draw lists to frames: triangles over the plate, shadows, and the mannequin.

Last of the three: it may import from `posing` and `cutting`, and neither of them from it.
"""
