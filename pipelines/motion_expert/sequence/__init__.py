"""What sequence models of several experts share: Mamba, its scan and kernels, attention."""
