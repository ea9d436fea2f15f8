"""What everything stands on: errors, files, progress, processes, options; nothing of dance."""
