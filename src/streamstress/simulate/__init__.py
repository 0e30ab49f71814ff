"""Simulated earthquakes whose truth is known, and servers that replay them.

``network``     where the stations stand
``faults``      fault planes and slip under a stress
``catalogue``   when, where and how large: the events of a scenario with their rays
``pulses``      the far-field pulse of a source, attenuated on the way
``scattering``  the coda after P and S
``terms``       source, path and site; ``arrivals`` the direct waves they make
``waveforms``   ground velocity of one source at one station
``noise``       the noise of a station
``continuous``  the continuous record of one station of a scenario
``scenario``    everything that defines a simulation, and the scenarios with a name
``archive``     a scenario as miniSEED, StationXML and velocity model; ``truth`` what really was
``training``    single labelled records for a picker, as in the demos; ``training_varied`` has more
                kinds of ``_paths``, ``_ground``, ``_noise`` and ``_sensors``
``kinds``       ground motion of blasts, teleseisms and tremor; ``kind_scenes`` networks that record
                these, earthquakes and noise
``onsets``      P first motions of known sign, by the thousand
``replay``      records through ``seedlink_server``, at their own pace or faster
"""
