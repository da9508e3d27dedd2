"""What is asked of results: scored against the record, compared, traced to values, fitted, explained."""
