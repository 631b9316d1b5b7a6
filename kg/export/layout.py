"""Where the nodes stand on the page: computed once at export, the same for the same network.

Leaves and indicators stand around the node they belong to; what is left, the core, is laid out by forces.
Repulsion is computed on a mesh by Fourier transform (the particle-mesh method, Hockney and Eastwood 1988), so a
round costs the same for any number of nodes and far nodes still push each other apart: layouts that cut
repulsion off at a distance press a large network into a ball.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kg.export.network import strengths

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kg.export.network import Network

    Points = NDArray[np.float64]

#: Distance between neighbours in a cluster, in page units; a common node's radius is a third of it.
_SPACING = 16.0
#: Points turned by this angle, each farther out than the last, fill a disc evenly (Vogel 1979).
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_RADII = {"department": 8.0, "project": 5.5, "indicator": 3.2, "regulation": 4.5}


@dataclass(frozen=True, slots=True)
class Layout:
    """``x``, ``y`` and radius of each node of the network, in its order, in page units."""

    x: list[float]
    y: list[float]
    radius: list[float]


@dataclass(slots=True)
class _Cluster:
    """What stands around one core node: ``inner`` has no other link, ``linked`` has, ``outer`` hangs on linked."""

    inner: list[int]
    linked: list[int]
    outer: list[int]


def layout(net: Network) -> Layout:
    """Place the nodes; an empty network gives empty lists.

    >>> from kg.export.network import Node, network
    >>> layout(network([Node("a", "project", "甲")], [])).x
    [0.0]
    """
    count = len(net.nodes)
    if not count:
        return Layout([], [], [])
    strength = strengths(net)
    radius = [_RADII[node.kind] * (1 + 0.35 * math.log1p(max(0, strength[node.key] - 3))) for node in net.nodes]
    neighbours = _neighbours(net)
    anchor = _anchors(net, neighbours)
    core = [node for node in range(count) if anchor[node] < 0]
    clusters = _clusters(core, anchor, neighbours)
    place = {node: index for index, node in enumerate(core)}
    root = [place[_root(node, anchor)] for node in range(count)]
    reach = np.array([_reach(clusters[node], radius[node]) for node in core])
    centres = _core_positions(net, root, reach)
    points = centres[root]
    for node in core:
        _fill(clusters[node], points[node].copy(), radius[node], points, neighbours)
    points -= (points.min(axis=0) + points.max(axis=0)) / 2
    return Layout(
        [round(float(x), 1) + 0.0 for x in points[:, 0]],
        [round(float(y), 1) + 0.0 for y in points[:, 1]],
        [round(size, 1) for size in radius],
    )


def _neighbours(net: Network) -> list[list[int]]:
    place = {node.key: index for index, node in enumerate(net.nodes)}
    found: list[set[int]] = [set() for _ in net.nodes]
    for edge in net.edges:
        source, target = place[edge.source], place[edge.target]
        if source != target:
            found[source].add(target)
            found[target].add(source)
    return [sorted(others) for others in found]


def _anchors(net: Network, neighbours: list[list[int]]) -> list[int]:
    """Find the node that each node stands around; -1 for the core. What is stood around by another is no leaf."""
    place = {node.key: index for index, node in enumerate(net.nodes)}
    anchor = [-1] * len(net.nodes)
    holds = [False] * len(net.nodes)
    for edge in net.edges:
        source, target = place[edge.source], place[edge.target]
        indicates = net.nodes[target].kind == "indicator" != net.nodes[source].kind
        if edge.kind == "has_indicator" and indicates and anchor[target] < 0:
            anchor[target] = source
            holds[source] = True
    for node, others in enumerate(neighbours):
        if anchor[node] < 0 and not holds[node] and len(others) == 1:
            anchor[node] = others[0]
            holds[others[0]] = True
    return anchor


def _root(node: int, anchor: list[int]) -> int:
    while anchor[node] >= 0:
        node = anchor[node]
    return node


def _clusters(core: list[int], anchor: list[int], neighbours: list[list[int]]) -> dict[int, _Cluster]:
    clusters = {node: _Cluster([], [], []) for node in core}
    for node, holder in enumerate(anchor):
        if holder >= 0:
            cluster = clusters[_root(node, anchor)]
            if anchor[holder] >= 0:
                cluster.outer.append(node)
            elif len(neighbours[node]) > 1:
                cluster.linked.append(node)
            else:
                cluster.inner.append(node)
    return clusters


def _rings(start: float, count: int) -> list[tuple[float, int]]:
    """Radius and number of nodes of each ring that ``count`` nodes need outside ``start``."""
    rings = []
    while count > 0:
        start += _SPACING
        held = min(count, max(1, int(2 * math.pi * start / _SPACING)))
        rings.append((start, held))
        count -= held
    return rings


def _disc(count: int, radius: float) -> float:
    """Radius of a disc of ``count`` nodes around a node of ``radius``."""
    return math.sqrt((radius + _SPACING * 0.4) ** 2 + count * _SPACING**2 * 0.55) if count else radius


def _reach(cluster: _Cluster, radius: float) -> float:
    start = _disc(len(cluster.inner), radius)
    for members in (cluster.linked, cluster.outer):
        rings = _rings(start, len(members))
        start = rings[-1][0] if rings else start
    return start + _SPACING * 0.5


def _fill(cluster: _Cluster, centre: Points, radius: float, points: Points, neighbours: list[list[int]]) -> None:
    """Place the cluster around its middle; linked nodes face what they link to, where ``points`` has it by now."""
    for index, member in enumerate(cluster.inner):
        distance = math.sqrt((radius + _SPACING * 0.4) ** 2 + (index + 1) * _SPACING**2 * 0.55)
        angle = index * _GOLDEN_ANGLE
        points[member] = centre + distance * np.array([math.cos(angle), math.sin(angle)])
    start = _disc(len(cluster.inner), radius)
    for members in (cluster.linked, cluster.outer):
        if members:
            aims = [sum((points[other] - centre for other in neighbours[member]), np.zeros(2)) for member in members]
            start = _ring_around(members, np.array(aims), start, centre, points)


def _ring_around(members: list[int], aims: Points, start: float, centre: Points, points: Points) -> float:
    """Put members on rings in the order of their aims, turned so that they miss them least; the last radius."""
    rings = _rings(start, len(members))
    slots = sorted(
        (-math.pi + 2 * math.pi * (index + 0.5) / held, distance) for distance, held in rings for index in range(held)
    )
    angles = np.arctan2(aims[:, 1], aims[:, 0])
    order = np.lexsort((np.array(members), angles))
    slot_angles = np.array([angle for angle, _ in slots])
    turn = np.angle(np.exp(1j * (angles[order] - slot_angles)).sum())
    for index, (angle, distance) in zip(order, slots, strict=True):
        points[members[index]] = centre + distance * np.array([math.cos(angle + turn), math.sin(angle + turn)])
    return rings[-1][0]


def _core_positions(net: Network, root: list[int], reach: Points) -> Points:
    """Positions of the core nodes, discs of ``reach`` apart from each other, components side by side."""
    place = {node.key: index for index, node in enumerate(net.nodes)}
    weights: dict[tuple[int, int], int] = {}
    for edge in net.edges:
        source, target = sorted((root[place[edge.source]], root[place[edge.target]]))
        if source != target:
            weights[source, target] = weights.get((source, target), 0) + edge.weight
    pairs = np.array(sorted(weights), dtype=np.int64).reshape(-1, 2)
    pull = np.array([1 + math.log2(weights[source, target]) for source, target in sorted(weights)])
    component = _components(pairs, len(reach))
    members = [np.flatnonzero(component == name) for name in np.unique(component)]
    points, boxes = np.zeros((len(reach), 2)), np.zeros((len(members), 2))
    within = np.zeros(len(reach), dtype=np.int64)
    for number, chosen in enumerate(members):
        within[chosen] = np.arange(len(chosen))
        inside = component[pairs[:, 0]] == component[chosen[0]]
        points[chosen] = _component_positions(within[pairs[inside]], pull[inside], reach[chosen])
        low = (points[chosen] - reach[chosen, None]).min(axis=0)
        high = (points[chosen] + reach[chosen, None]).max(axis=0)
        points[chosen] -= (low + high) / 2
        boxes[number] = high - low + _SPACING
    for chosen, centre in zip(members, _packed(boxes), strict=True):
        points[chosen] += centre
    return points


def _components(pairs: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Name the component of each node by its smallest node."""
    parent = list(range(count))

    def top(node: int) -> int:
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    for source, target in pairs.tolist():
        first, second = sorted((top(source), top(target)))
        parent[second] = first
    return np.array([top(node) for node in range(count)], dtype=np.int64)


def _packed(boxes: Points) -> Points:
    """Middles for boxes (width, height): in rows from the tallest to the lowest, half as wide again as high."""
    order = np.argsort(-boxes[:, 1], kind="stable")
    width = max(float(boxes[:, 0].max()), math.sqrt(1.5 * float(boxes.prod(axis=1).sum())))
    middles = np.zeros_like(boxes)
    x, top, height = 0.0, 0.0, float(boxes[order[0], 1])
    for number in order:
        across, down = boxes[number]
        # Low boxes beside a tall one would leave the space above and below them empty.
        if x and (x + across > width or down < height * 0.4):
            x, top, height = 0.0, top + height, float(down)
        middles[number] = x + across / 2, top + height / 2
        x += across
    return middles


def _component_positions(pairs: NDArray[np.int64], pull: Points, reach: Points) -> Points:
    """Positions of the nodes of one component around its middle."""
    count = len(reach)
    if count == 1:
        return np.zeros((1, 2))
    points = _forces(_unfolded(count, pairs), pairs, pull, reach)
    # 0.35 of the drawing is discs: closer and pushing them apart undoes the picture, wider and it is all edges.
    extent = float(np.quantile(np.hypot(*(points - np.median(points, axis=0)).T), 0.9)) + 1e-9
    points *= math.sqrt(float((reach**2).sum()) / 0.35) / extent
    return _apart(points, reach)


def _unfolded(count: int, pairs: NDArray[np.int64]) -> Points:
    """Place the nodes along the links at first: the two slowest directions of averaging over neighbours."""
    start = np.random.default_rng(14).standard_normal((count, 2))
    degree = np.bincount(pairs.ravel(), minlength=count) + 1e-9
    points = start
    for _ in range(60):
        mean = np.stack([_gather(pairs, points[:, axis], count) / degree for axis in (0, 1)], axis=1)
        points = 0.5 * points + 0.5 * mean
        points -= points.mean(axis=0)
        points = np.asarray(np.linalg.qr(points).Q)
    # A little of the start keeps apart what has the same neighbours.
    return np.asarray(points / (points.std() + 1e-9) + 0.3 * start)


def _gather(pairs: NDArray[np.int64], values: Points, count: int) -> Points:
    """Sum of the neighbours' values for each node."""
    forth = np.bincount(pairs[:, 0], weights=values[pairs[:, 1]], minlength=count)
    back = np.bincount(pairs[:, 1], weights=values[pairs[:, 0]], minlength=count)
    return np.asarray(forth + back, dtype=np.float64)


_MESH = 128
#: Up to here every pair is computed, which is exact and faster than the mesh.
_PAIRWISE = 300
#: A component this small settles in a quarter of the rounds, and there may be hundreds of them.
_FEW = 20
#: Shorter distances are none.
_NO_DISTANCE = 1e-6


def _forces(points: Points, pairs: NDArray[np.int64], pull: Points, reach: Points) -> Points:
    """Linear attraction along edges, repulsion 1/distance between all, a weak pull to the middle."""
    count = len(points)
    degree = np.bincount(pairs.ravel(), minlength=count)
    # A regulation that hundreds cite says little about each of them: its edges pull less.
    pull = pull / np.sqrt(np.maximum(degree[pairs[:, 0]], degree[pairs[:, 1]]))
    degree_pull = np.bincount(pairs.ravel(), weights=np.repeat(pull, 2), minlength=count)
    mass: Points = np.asarray(1 + degree_pull + (reach / reach.min()) ** 2 / 4, dtype=np.float64)
    kernel = _kernel() if count > _PAIRWISE else None
    rounds = 240 if count > _FEW else 60
    points = points * math.sqrt(mass.sum())
    for turn in range(rounds):
        push = _pairwise(points, mass) if kernel is None else _repulsion(points, mass, kernel)
        force = 2.0 * push - 0.02 * mass[:, None] * points / math.sqrt(count)
        stretch = (points[pairs[:, 1]] - points[pairs[:, 0]]) * pull[:, None] * 0.2
        for axis in (0, 1):
            force[:, axis] += np.bincount(pairs[:, 0], weights=stretch[:, axis], minlength=count)
            force[:, axis] -= np.bincount(pairs[:, 1], weights=stretch[:, axis], minlength=count)
        step = force / mass[:, None]
        length = np.hypot(step[:, 0], step[:, 1]) + 1e-9
        # The longest step shrinks from a tenth of the drawing to nothing, so that the layout settles.
        most = 0.1 * float(points.std()) * (1 - turn / rounds) + 1e-6
        points = points + step * (np.minimum(length, most) / length)[:, None]
    return points


def _pairwise(points: Points, mass: Points) -> Points:
    """Repulsive force on each node from every other."""
    gap = points[:, None, :] - points[None, :, :]
    share = mass[:, None] * mass[None, :] / ((gap**2).sum(axis=2) + 1e-6)
    force: Points = (gap * share[:, :, None]).sum(axis=1)
    return force


def _kernel() -> NDArray[np.complex128]:
    """Transform of the force that one unit of mass exerts over the mesh (x real, y imaginary)."""
    steps = np.fft.fftfreq(2 * _MESH, 1 / (2 * _MESH))
    across, down = np.meshgrid(steps, steps, indexing="ij")
    transformed: NDArray[np.complex128] = np.fft.fft2((across + 1j * down) / (across**2 + down**2 + 0.5))
    return transformed


def _repulsion(points: Points, mass: Points, kernel: NDArray[np.complex128]) -> Points:
    """Repulsive force on each node: masses to the mesh, one convolution, forces from the mesh."""
    low = points.min(axis=0)
    cell = float((points.max(axis=0) - low).max()) / (_MESH - 2) + 1e-9
    scaled = (points - low) / cell
    corner = scaled.astype(np.int64)
    part = scaled - corner
    shares = [
        (corner[:, 0] + right, corner[:, 1] + up, np.abs(1 - right - part[:, 0]) * np.abs(1 - up - part[:, 1]))
        for right in (0, 1)
        for up in (0, 1)
    ]
    density = np.zeros((2 * _MESH, 2 * _MESH))
    for right, up, share in shares:
        np.add.at(density, (right, up), mass * share)
    field = np.fft.ifft2(np.fft.fft2(density) * kernel)
    at_node = sum(field[right, up] * share for right, up, share in shares)
    return np.stack([np.real(at_node), np.imag(at_node)], axis=1) * (mass / cell)[:, None]


def _apart(points: Points, reach: Points) -> Points:
    """Push overlapping discs apart, a little at a time; what stays is slight."""
    points = points.copy()
    for _ in range(60):
        first, second = _close_pairs(points, reach)
        gap = points[second] - points[first]
        distance = np.hypot(gap[:, 0], gap[:, 1])
        overlap = reach[first] + reach[second] - distance
        touching = overlap > 0
        if not touching.any():
            break
        first, second, gap = first[touching], second[touching], gap[touching]
        direction = gap / np.maximum(distance[touching], _NO_DISTANCE)[:, None]
        # Discs on the very same point have no direction: each goes its own.
        same = distance[touching] < _NO_DISTANCE
        direction[same] = np.stack([np.cos(first[same] + second[same]), np.sin(first[same] + second[same])], axis=1)
        push = direction * (overlap[touching] * 0.4)[:, None]
        for axis in (0, 1):
            points[:, axis] += np.bincount(second, weights=push[:, axis], minlength=len(points))
            points[:, axis] -= np.bincount(first, weights=push[:, axis], minlength=len(points))
    return points


def _close_pairs(points: Points, reach: Points) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of discs that overlap from left to right: a sweep over their left edges."""
    left, right = points[:, 0] - reach, points[:, 0] + reach
    order = np.argsort(left, kind="stable")
    ends = np.searchsorted(left[order], right[order])
    numbers = np.arange(len(points))
    counts = np.maximum(ends - numbers - 1, 0)
    first = np.repeat(numbers, counts)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    second = first + 1 + offset
    near = np.abs(points[order[second], 1] - points[order[first], 1]) < reach[order[first]] + reach[order[second]]
    return order[first[near]], order[second[near]]
