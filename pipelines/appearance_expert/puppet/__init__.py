"""The puppet: the person's own pixels, cut into layers, skinned, and danced. No weights.

Imports go one way: `puppet` > `painting` > `posing` > `cutting`.
"""
