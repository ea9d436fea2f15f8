"""Which genre a dance is recognised as: a network, its folder, and scores of what it says."""
