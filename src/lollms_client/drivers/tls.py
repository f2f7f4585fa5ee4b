"""TLS contexts: the system's certificate authorities, or those of a file, or no check at all; each made once."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from lollms_client.errors import BadSetting
from lollms_client.flow import Connection

if TYPE_CHECKING:
    import ssl


@functools.lru_cache(maxsize=32)
def tls_context(connection: Connection) -> ssl.SSLContext:
    """The context for a connection. Raises BadSetting where the certificate file cannot be used."""
    import ssl

    if not connection.verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if not connection.certificate_file:
        return _system_context()
    try:
        return ssl.create_default_context(cafile=connection.certificate_file)
    except (OSError, ssl.SSLError) as error:
        raise BadSetting(
            f"certificate_file_path cannot be used: {connection.certificate_file}: {error}; give a PEM file",
            setting="certificate_file_path",
        ) from error


def _system_context() -> ssl.SSLContext:
    import ssl
    import sys

    if sys.platform in ("darwin", "win32"):
        try:
            import truststore
        except ImportError:
            pass
        else:
            return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return ssl.create_default_context()
