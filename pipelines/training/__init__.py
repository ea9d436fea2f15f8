"""What every training run needs: checkpoints, log, several processes, stopping when asked to."""
