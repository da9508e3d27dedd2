"""What everything stands on: the lattice and the theatre cut out of it, members from data, files, text, checks, errors."""
