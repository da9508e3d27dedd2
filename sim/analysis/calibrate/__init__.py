"""Parameter sets consistent with the record."""
