"""Double couples held against one: the form that is turned least, and how far it is turned.

A double couple has two forms, normal and slip exchanged, each with both vectors flipped or not. The
rotations between two of them differ; here the smallest is meant (Kagan 1991, GJI 106, 709).
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]


@njit(cache=True, inline="always")
def _least_turned(nn: float, uu: float, nu: float, un: float) -> tuple[bool, float]:
    """Whether normal and slip are to be exchanged, and the sign of both, from their cosines.

    The third axis needs no vector: ``b . B = (n.N)(u.U) - (n.U)(u.N)``.
    """
    null = nn * uu - nu * un
    exchange = abs(nu + un) - null > abs(nn + uu) + null
    same = nu + un if exchange else nn + uu
    return exchange, 1.0 if same >= 0.0 else -1.0


@njit(cache=True)
def align(n: Array, u: Array, normal: Array, slip: Array) -> None:
    """Exchange and flip normals and slips so that each is turned least from the reference."""
    for j in range(n.shape[1]):
        nn, uu, nu, un = 0.0, 0.0, 0.0, 0.0
        for i in range(3):
            nn += n[i, j] * normal[i]
            uu += u[i, j] * slip[i]
            nu += n[i, j] * slip[i]
            un += u[i, j] * normal[i]
        exchange, sign = _least_turned(nn, uu, nu, un)
        for i in range(3):
            a, b = n[i, j], u[i, j]
            n[i, j] = sign * (b if exchange else a)
            u[i, j] = sign * (a if exchange else b)


@njit(cache=True, fastmath={"contract", "nsz"})
def rotation_traces(
    n: Array, u: Array, count: int, normal: Array, slip: Array, traces: Array
) -> None:
    """Trace of the smallest rotation from the mean to each mechanism, ``1 + 2 cos(angle)``.

    The third axis needs no vector: ``b . B = (n.N)(u.U) - (n.U)(u.N)``.
    """
    n0, n1, n2 = n[0], n[1], n[2]
    u0, u1, u2 = u[0], u[1], u[2]
    N0, N1, N2 = normal[0], normal[1], normal[2]
    U0, U1, U2 = slip[0], slip[1], slip[2]
    for j in range(count):
        nn = n0[j] * N0 + n1[j] * N1 + n2[j] * N2
        uu = u0[j] * U0 + u1[j] * U1 + u2[j] * U2
        nu = n0[j] * U0 + n1[j] * U1 + n2[j] * U2
        un = u0[j] * N0 + u1[j] * N1 + u2[j] * N2
        null = nn * uu - nu * un
        traces[j] = max(abs(nn + uu) + null, abs(nu + un) - null)


@njit(cache=True)
def squared_plane_angles(n: Array, u: Array, normal: Array, slip: Array) -> Array:
    """Squared angles (2, n), radians, each mechanism in the form that is turned least."""
    squares = np.empty((2, n.shape[1]))
    for j in range(n.shape[1]):
        nn, uu, nu, un = 0.0, 0.0, 0.0, 0.0
        for i in range(3):
            nn += n[i, j] * normal[i]
            uu += u[i, j] * slip[i]
            nu += n[i, j] * slip[i]
            un += u[i, j] * normal[i]
        exchange, sign = _least_turned(nn, uu, nu, un)
        a, b = (un, nu) if exchange else (nn, uu)
        squares[0, j] = np.arccos(max(-1.0, min(1.0, sign * a))) ** 2
        squares[1, j] = np.arccos(max(-1.0, min(1.0, sign * b))) ** 2
    return squares
