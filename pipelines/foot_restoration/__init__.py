"""Feet repaired by diffusion: InfiniteDance's Foot Restoration Diffusion Model."""
