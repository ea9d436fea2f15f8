"""InfiniteDance: dance tokens, references found for the music, and a language model over both."""
