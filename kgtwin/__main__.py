"""``python -m kgtwin``."""

from kgtwin.cli import main

if __name__ == "__main__":
    main()
