"""What does `python -m gemel` do? The same as `gemel`."""

from gemel.cli import main

if __name__ == "__main__":
    main()
