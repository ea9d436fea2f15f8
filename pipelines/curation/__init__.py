"""From raw videos and dances to clips worth learning from."""
