"""The default Motion Expert: recorded dance, cut on its beats and re-arranged to the song."""
