"""What networks hear of a song besides the 35 features, recipe by recipe."""
