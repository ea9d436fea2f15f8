"""Where the pieces go in each frame of a dance: meshes, skins, turns and depth order, in one rig.

Takes what `cutting` has cut out, and gives `painting` draw lists; it imports from the first only.
"""
