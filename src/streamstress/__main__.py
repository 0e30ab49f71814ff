"""``python -m streamstress``."""

from streamstress.cli import main

if __name__ == "__main__":
    main()
