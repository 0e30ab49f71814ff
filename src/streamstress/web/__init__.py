"""The pages and the API, over the store; one endpoint says something on the topic ``controls``.

``app``       the endpoints of the API        ``pages``    the pages, from ``templates``
``views``     what each page says             ``drawings`` directions as SVG
``charts``    the figures in Bokeh            ``static``   style sheet and scripts
``operate``   mute, reversal, acknowledge     ``health``   what is wrong, in sentences
``status``    the overview for programs       ``banner``   the verdict in words
``fdsnws``    FDSN's event service            ``collections``  OGC API Features
"""

from streamstress.web.app import create_web

__all__ = ["create_web"]
