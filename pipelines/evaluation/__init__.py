"""The machinery of `evaluate`: sets of clips, protocols, judgement, report."""
