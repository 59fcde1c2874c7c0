# SPDX-License-Identifier: Apache-2.0
"""Address ranges, the veth pair to the host, and entering the cluster's network namespace."""
import ctypes
import ipaddress
import json
import os
import subprocess

from .state import ClusterError

# Corners of the private ranges that home, office and cloud networks seldom use.
HOST_IP = "172.31.254.1"
NODE_IP = "172.31.254.2"
LINK_RANGE = "172.31.254.0/30"
SERVICE_RANGE = "10.253.0.0/16"
API_SERVICE_IP = "10.253.0.1"
DNS_SERVICE_IP = "10.253.0.10"
POD_RANGE = "10.254.0.0/16"
NODE_POD_RANGE = "10.254.0.0/22"
KWOK_POD_RANGE = "10.252.0.1/16"  # kwok counts from this address; nothing routes to it
ROUTED_RANGES = (SERVICE_RANGE, POD_RANGE)
ALL_RANGES = (LINK_RANGE, SERVICE_RANGE, POD_RANGE, "10.252.0.0/16")

HOST_LINK = "lwsk0"
NODE_LINK = "eth0"

_CLONE_NEWNET = 0x40000000


def _ip(*words, pid=None):
    prefix = ["nsenter", "-t", str(pid), "-n"] if pid else []
    done = subprocess.run(prefix + ["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ClusterError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def colliding_routes(routes, ranges=ALL_RANGES):
    """Those of the host's routes (`ip -j route`) that overlap a range of ours; not the default."""
    ours = [ipaddress.ip_network(text, strict=False) for text in ranges]
    found = []
    for route in routes:
        if route["dst"] == "default" or route.get("type") in ("broadcast", "local"):
            continue
        network = ipaddress.ip_network(route["dst"], strict=False)
        if network.version == 4 and any(network.overlaps(our) for our in ours):
            found.append(f"{route['dst']} dev {route.get('dev', '?')}")
    return found


def check_ranges_are_free():
    taken = colliding_routes(json.loads(_ip("-j", "-4", "route", "show", "table", "main")))
    if taken:
        raise ClusterError(
            f"this machine already routes {', '.join(taken)}, which the cluster would use"
        )


def link_owner():
    """The state folder of the cluster that has the link to the host; None when there is no link."""
    try:
        with open(f"/sys/class/net/{HOST_LINK}/ifalias", encoding="utf-8") as alias:
            return alias.read().strip()
    except OSError:
        return None


def connect_host(pid, folder):
    """Makes the veth pair between the host and the namespaces of process `pid`.

    Its alias names the state folder: the ranges are fixed, so a machine has one cluster at a time.

    There is no default route inside: only the Service range has a route (kube-proxy rewrites the
    destination after the route was looked up), so no packet of a pod or test can leave.
    """
    _ip("link", "add", HOST_LINK, "type", "veth", "peer", "name", NODE_LINK, "netns", str(pid))
    _ip("link", "set", HOST_LINK, "alias", str(folder))
    _ip("addr", "add", f"{HOST_IP}/30", "dev", HOST_LINK)
    _ip("link", "set", HOST_LINK, "up")
    _ip("addr", "add", f"{NODE_IP}/30", "dev", NODE_LINK, pid=pid)
    _ip("link", "set", NODE_LINK, "up", pid=pid)
    _ip("route", "add", SERVICE_RANGE, "dev", NODE_LINK, "src", NODE_IP, pid=pid)
    for routed in ROUTED_RANGES:
        _ip("route", "add", routed, "via", NODE_IP, "dev", HOST_LINK)


def disconnect_host():
    """Removes the host's end, and with it its address and routes."""
    if link_owner() is not None:
        try:
            _ip("link", "del", HOST_LINK)
        except ClusterError:
            # The link goes with the node's namespace, which may end between two looks at it.
            if link_owner() is not None:
                raise


def leftover_routes():
    """The host's routes into our ranges."""
    return colliding_routes(json.loads(_ip("-j", "-4", "route", "show", "table", "all")))


def enter_network(pid):
    """Moves the calling thread (of a process with one thread) into the network of `pid`."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    try:
        if libc.setns(handle, _CLONE_NEWNET) != 0:
            raise ClusterError(f"cannot enter the network: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(handle)
