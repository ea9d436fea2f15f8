"""The parts of `generate`: what it is asked, the dance, the video, and the name of the run."""
