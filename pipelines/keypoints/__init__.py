"""2D keypoints: projection, detection, framing and drawing."""
