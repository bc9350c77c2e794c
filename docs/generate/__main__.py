"""``python -m docs.generate [FOLDER]``: everything that mkdocs builds from, below ``build`` or the folder."""

from __future__ import annotations

import sys
from pathlib import Path

from docs.generate.site import write_site


def main() -> None:
    """Write the site's sources."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "build")
    pages = write_site(folder)
    sys.stdout.write(f"{folder}: {len(pages)} pages; mkdocs build --strict -f {folder / 'mkdocs.yml'}\n")


main()
