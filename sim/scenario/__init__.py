"""Scenarios: read, checked against a schema that is passed in, written, and converted to arrays by run.

This package defines the format of scenario files and of their values. The values themselves are declared by the actors and
mechanisms that use them and collected in the registry.
"""
