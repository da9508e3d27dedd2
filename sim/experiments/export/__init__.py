"""Results as tables and in the formats of other programs, one file per format.

Exports read stored results, and repeat runs only for data that are not stored.
"""
