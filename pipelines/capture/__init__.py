"""3D dance from ordinary videos: a pose finder's landmarks fitted with our skeleton."""
