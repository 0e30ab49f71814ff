"""The ground below the network: stations, velocities, travel times and take-off angles.

``stations`` (coordinates), ``projection`` (degrees to local kilometres, distance and azimuth),
``velocity`` (1-D models), ``rays`` (ray integrals of one model), ``travel_times`` (tables of first
arrivals, the fast way).
"""
