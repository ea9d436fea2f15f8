"""Dance as tokens and back: MEGADance's High-Fidelity Dance Quantization."""
