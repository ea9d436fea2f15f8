"""A page that shows dances from all sides, with their song, in any browser, offline."""
