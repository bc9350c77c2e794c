"""The documentation site, put together from handwritten pages and from the source itself.

``python -m docs.generate`` writes Markdown, schemas and pictures to ``build/docs`` and the site's settings beside it;
``mkdocs build --strict -f build/mkdocs.yml`` makes the site from them (``make docs`` does both).
"""
