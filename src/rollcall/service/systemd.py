"""What systemd is told (sd_notify(3)): that the service is ready, or stops. Nothing elsewhere."""

import os
import socket


def tell_systemd(state: str) -> None:
    """Send `state`, such as READY=1, to the socket that systemd named, if it did."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return
    address = f"\0{place[1:]}" if place.startswith("@") else place
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as client:
        client.sendto(state.encode(), address)
