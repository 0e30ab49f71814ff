"""Taking results out, and in again: every format with its writer and its reader.

``selection``     which part: time, box, grades, region
``stress_point``  one stress estimate as flat numbers, whatever file it came from
``stress_files`` ``mechanism_files``  any readable file of either, by its content
``wsm`` ``csm``   World Stress Map CSV; SCEC Community Stress Model text
``features``      GeoJSON, written and read    ``columns``  Parquet (needs pyarrow)
``mechanism_rows``  mechanisms of the store as rows; ``catalogue``  QuakeML of many events
``frames``        pandas tables and obspy catalogues, in and out
"""
