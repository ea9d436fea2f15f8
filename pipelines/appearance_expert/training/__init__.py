"""Fine-tuning Wan-Animate: what is learned from, how it is encoded, and the training loop."""
