"""Tokens of dance after tokens of music: MEGADance's Genre-Aware Dance Generation."""
