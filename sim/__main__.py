"""python -m sim: the same as the console command `pullback`."""

from sim.cli import main

if __name__ == "__main__":  # workers import this module again
    main()
