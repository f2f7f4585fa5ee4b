"""Which addresses a URL out of a service's reply may lead to: public ones, and the service's own."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from lollms_client.errors import ForbiddenAddress

_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse(text: str) -> Address:
    """An IP address, unwrapped from the IPv6 forms that only carry an IPv4 address."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        carried = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if carried is None and address in _NAT64:
            carried = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return carried or address
    return address


def is_public(text: str) -> bool:
    """Whether anybody on the internet could mean that address."""
    address = parse(text)
    return address.is_global and not address.is_multicast and not address.is_reserved


def check(host: str, addresses: Sequence[str], service_addresses: Sequence[str]) -> str:
    """The address to connect to. Raises ForbiddenAddress unless each is public or where the service itself lives."""
    if not addresses:
        raise ForbiddenAddress(f"{host} has no address", host=host)
    own = {parse(text) for text in service_addresses}
    at_home = any(address.is_loopback for address in own)
    for text in addresses:
        address = parse(text)
        if not (is_public(text) or address in own or (address.is_loopback and at_home)):
            raise ForbiddenAddress(
                f"the service's reply points to {host}, a private address; nothing is fetched from there", host=host
            )
    return addresses[0]
