"""Which values of a sweep move an outcome, and how sure that is."""
