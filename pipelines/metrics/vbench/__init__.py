"""Six dimensions of VBench, from its own weight files and without its packages."""
