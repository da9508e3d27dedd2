"""The Compare page: results folders side by side, under the same luck."""
