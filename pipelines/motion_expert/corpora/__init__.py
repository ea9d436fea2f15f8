"""Dance data sets in their own layouts as downloaded, one module each."""
