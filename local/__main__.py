"""`python -m local`, which `./crosscloud` runs: the program applied to this machine."""

from terminal.commands import main

if __name__ == "__main__":
    main()
