"""Which sets of values agree with the record."""
