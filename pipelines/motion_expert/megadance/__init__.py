"""MEGADance: a tokenizer of dance, experts routed by genre, and what recognises genres."""
