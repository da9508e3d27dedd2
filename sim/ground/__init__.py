"""Foundations: the lattice and the theatre cut out of it, members from data, files, text, checks, errors.

This package holds static geography and the reading, checking and writing of files that all other packages use. It does not
know actors, mechanisms or scenarios.
"""
