"""3D motion and its file formats."""
