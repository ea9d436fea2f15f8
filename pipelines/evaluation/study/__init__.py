"""A study in which people judge: its page, the answers that come back, and what they say."""
