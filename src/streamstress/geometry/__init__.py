"""Angles, planes, tensors: every convention of the project, once.

Frame
    East, north, up (ENU), right-handed. Tensors are 3x3 in this frame; five-vectors hold
    ``(ee, en, eu, nn, nu)`` of a trace-free tensor (``uu = -ee - nn``).
Azimuth, trend, strike
    Degrees clockwise from north.
Take-off
    Degrees from the downward vertical at the source: 0 straight down, 180 straight up.
Strike, dip, rake
    Aki & Richards (2002), fig. 4.20: dip to the right of strike, rake the motion of the hanging
    wall; the normal points from the foot wall into the hanging wall (upwards).
Stress
    Tension positive. s1 is the most compressive axis (smallest eigenvalue), s3 the least.
    ``phi = (s2 - s3) / (s1 - s3)`` of compressive magnitudes, ``R = 1 - phi``.
Axial
    An axis has no arrow: 0 <= azimuth < 180, and averages and differences double the angle.

``rays`` (azimuth and take-off), ``planes`` (strike, dip, rake), ``tensors`` (moment and stress
tensors), ``axes`` (trend, plunge, axial statistics), ``rotations`` (the smallest rotation between
two solutions), ``radiation`` (P, SV, SH amplitudes), ``tractions`` (resolved shear, instability).
"""
