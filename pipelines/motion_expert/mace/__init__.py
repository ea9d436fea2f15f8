"""MACE-Dance's Motion Expert: guidance-free diffusion over BiMamba and attention."""
