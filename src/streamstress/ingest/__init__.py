"""Waveforms onto the ``waveforms`` topic, and off it again.

Sources: ``seedlink`` (a SeedLink server, resumed by sequence), ``archive`` (miniSEED files and SDS
trees, found by ``record_index``). Each record passes ``screen`` (header check, future data,
duplicates) and goes to Kafka by ``producer``; ``resume`` remembers what the broker has
acknowledged, ``recent`` what the topic holds already. On the reading side ``decode`` and
``buffers`` turn records into samples.
"""
