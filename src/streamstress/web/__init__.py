"""The status page and the API, over the store; they write nothing.

``app``     the endpoints            ``status``  everything the page shows, as one document
``banner``  the verdict in words     ``page``    the page: ``page.html``, ``page.css``, ``page.js``
"""

from streamstress.web.app import create_web

__all__ = ["create_web"]
