"""Music: the 35-d features and beats."""
