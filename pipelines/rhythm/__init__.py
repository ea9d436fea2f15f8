"""Steps and beats: the cycle of a take, counting along, and bending a dance in time."""
