"""TLS over both drivers and transports: an authority of one's own, none at all, and a certificate nobody trusts."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lollms_client import errors
from tests.drivers.conftest import Runner
from tests.drivers.services import service
from tests.loopback import Line, Received, loopback


class Certified(NamedTuple):
    """A certificate for `localhost` and 127.0.0.1, signed by itself, as PEM files."""

    certificate: Path
    key: Path


@pytest.fixture(scope="session")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = Certified(folder / "certificate.pem", folder / "key.pem")
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


class Secured:
    """A TLS server that answers every request, and remembers which host names clients asked for."""

    def __init__(self, certified: Certified) -> None:
        self.names: list[str | None] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certified.certificate, certified.key)
        self._context.sni_callback = lambda sock, name, context: self.names.append(name)
        self._sock = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._sock.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._sock.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        try:
            with self._context.wrap_socket(plain, server_side=True) as secured:
                line = Line(secured)
                while (request := line.receive()) is not None:
                    line.reply({"host": request.headers["host"], "path": request.target})
        except OSError:
            return
        finally:
            plain.close()

    def close(self) -> None:
        self._sock.close()


@pytest.fixture
def secured(certified: Certified) -> Iterator[Secured]:
    server = Secured(certified)
    yield server
    server.close()


def test_trusts_an_authority_of_ones_own(runner: Runner, secured: Secured, certified: Certified) -> None:
    binding = service(f"https://localhost:{secured.port}", certificate_file_path=str(certified.certificate))
    assert runner.run(binding.get("x"))["host"] == f"localhost:{secured.port}"
    assert secured.names == ["localhost"]


def test_refuses_a_certificate_that_nobody_trusts(runner: Runner, secured: Secured) -> None:
    binding = service(f"https://localhost:{secured.port}")
    with pytest.raises(errors.Unavailable, match="verify_ssl_certificate") as caught:
        runner.run(binding.get("x"))
    assert caught.value.retryable is False
    assert secured.names == ["localhost"]  # one attempt, not three


def test_checks_nothing_where_told_so(runner: Runner, secured: Secured) -> None:
    binding = service(f"https://127.0.0.1:{secured.port}", verify_ssl_certificate=False)
    assert runner.run(binding.get("x"))["path"] == "/x"


def test_a_certificate_file_that_is_none_is_a_settings_error(runner: Runner, secured: Secured, tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("no certificate", encoding="utf-8")
    for path in (tmp_path / "bad.pem", tmp_path / "absent.pem"):
        binding = service(f"https://127.0.0.1:{secured.port}", certificate_file_path=str(path))
        with pytest.raises(errors.BadSetting, match="certificate_file_path"):
            runner.run(binding.get("x"))


def test_a_pinned_download_keeps_the_name_for_tls(runner: Runner, secured: Secured, certified: Certified) -> None:
    with loopback(lambda line, request: line.reply(b"")) as home:
        binding = service(home.url, certificate_file_path=str(certified.certificate))
        media = runner.run(binding.download(f"https://localhost:{secured.port}/film.mp4"))
    assert f'"host":"localhost:{secured.port}"'.encode() in media
    assert secured.names == ["localhost"]


def test_tunnels_through_a_proxy(runner: Runner, secured: Secured, certified: Certified) -> None:
    def handler(line: Line, request: Received) -> str:
        assert request.method == "CONNECT"
        upstream = socket.create_connection(("127.0.0.1", secured.port))
        line.send(b"HTTP/1.1 200 Connection established\r\n\r\n")

        def back() -> None:
            try:
                while data := upstream.recv(65536):
                    line.send(data)
            except OSError:
                return

        threading.Thread(target=back, daemon=True).start()
        while data := line.sock.recv(65536):
            upstream.sendall(data)
        upstream.close()
        return "close"

    with loopback(handler) as proxy:
        binding = service(
            f"https://localhost:{secured.port}",
            certificate_file_path=str(certified.certificate),
            proxy=f"http://me:secret-word@127.0.0.1:{proxy.port}",
        )
        assert runner.run(binding.get("x"))["path"] == "/x"
        assert proxy.requests[0].target == f"localhost:{secured.port}"
        assert proxy.requests[0].headers["proxy-authorization"].startswith("Basic ")


def test_a_proxy_that_refuses_is_said(runner: Runner) -> None:
    with loopback(lambda line, request: line.reply(b"", 407)) as proxy:
        binding = service("https://service.invalid", proxy=proxy.url, max_retries=0)
        with pytest.raises(errors.Unavailable):
            runner.run(binding.get("x"))


def test_plain_http_on_a_tls_port_is_no_riddle(runner: Runner, secured: Secured) -> None:
    with loopback(lambda line, request: line.reply({})) as plain:
        binding = service(plain.url.replace("http://", "https://"), max_retries=0)
        with pytest.raises(errors.CallError):
            runner.run(binding.get("x"))
