"""Files of picks, read one event at a time.

Every reader is a generator of `PickedEvent` and `RefusedEvent`: what cannot be used is set aside
with a reason and the reading goes on.

``events``      what a reader gives
``lines``       bytes to lines, blocks of lines, Fortran fields
``screen``      duplicate picks and impossible angles
``hash1``       phase files of HASH's driver 1
``scedc``       phase files of HASH's drivers 2 and 3
``stations``    where stations stand: HASH's list, SKHASH's CSV, ours, StationXML
``reversals``   stations with reversed polarity
``amplitudes``  S and P amplitudes and station corrections
``csv_rows``    CSV files whose rows may come in any order
``skhash``      SKHASH's polarity CSV
``quakeml``     QuakeML with arrivals
``select``      a format's name to its reader
"""
