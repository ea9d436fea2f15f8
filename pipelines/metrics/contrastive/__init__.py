"""How well a dance fits its music, as two encoders that learned it by contrast see it."""
