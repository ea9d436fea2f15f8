"""Video and audio in and out."""
