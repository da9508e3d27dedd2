"""The Compare page: results folders side by side, with common random numbers."""
