"""Where results go: the store and everything made from it.

``store``        records into SQL tables, every version kept; ``store_reader`` reads them back;
                 ``database`` opens both, ``tables`` is the schema, ``rows`` what queries return
``json_view``    records as JSON with ISO times      ``geojson``   the same on a map
``quakeml``      an event with its mechanism as QuakeML 1.2
``metrics``      every Prometheus metric, once; ``cell_metrics`` those of stress and change
``dashboards``   what Grafana shows of them       ``alertmanager``  a test alarm
``report``       ``report.json``; ``report_page``  ``report.html``
``figures``      the charts of page and report, from ``map_columns`` and ``series_columns``
``focal_sphere`` focal spheres as polygons; ``beachball``  drawn
"""
