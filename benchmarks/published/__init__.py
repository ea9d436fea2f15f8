"""The published evaluation's algorithms as Python loops, y up, to be held against ours."""
