"""Write the pages: `python -m fink_assets.handbook`."""

from fink_assets.handbook import write

if __name__ == "__main__":
    write()
