"""What training a Motion Expert takes, whichever it is."""
