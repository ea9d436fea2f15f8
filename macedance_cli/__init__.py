"""The command line of macedance: parse, call one pipeline, print."""
