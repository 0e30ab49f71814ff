"""streamstress: a streaming, near-real-time monitor of crustal stress.

The folders, in the order one datum takes them:

``ingest``      SeedLink and archives onto the ``waveforms`` topic
``picking``     windows of waveforms to P and S picks
``polarity``    the onset of a P to up, down or unknown
``location``    picks to events: association, origin with covariance, one id an earthquake
``event_type``  earthquake, blast, noise
``mechanism``   polarities and S/P to a graded focal mechanism
``stress``      mechanisms to a regional stress estimate
``change``      a change of stress told from chance
``outputs``     store, QuakeML, metrics, report      ``web``  the page

Under them ``geometry`` and ``earth``; beside them ``simulate`` (earthquakes under a known stress)
and ``broker`` (the embedded Kafka); around them ``records``, ``config``, ``wire`` (topics and
codec), ``stream`` (the agents that join the stages) and ``cli``.
"""

__version__ = "0.1.0"
