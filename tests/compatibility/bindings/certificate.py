"""A certificate authority of the tests' own, and a certificate for the hosts that bindings have hard-coded."""

from __future__ import annotations

import datetime
from pathlib import Path

HOSTS = (
    "*.beatoven.ai", "*.googleapis.com", "*.leonardo.ai", "*.novita.ai", "*.prod.suno.com", "*.replicate.com",
    "*.suno.com", "*.topmediai.com", "api-inference.huggingface.co", "api.anthropic.com", "api.github.com",
    "api.groq.com", "api.mistral.ai", "api.novita.ai", "api.openai.com", "api.perplexity.ai",
    "api.replicate.com", "api.stability.ai", "api.x.ai", "auth.suno.com", "cloud.leonardo.ai",
    "generativelanguage.googleapis.com", "huggingface.co", "localhost", "oauth2.googleapis.com", "ollama.com",
    "openrouter.ai", "public-api.beatoven.ai", "router.huggingface.co", "suno.com", "test.openai.azure.com",
)  # fmt: skip


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """The authority's certificate, and the file of the server's certificate and key; good for a day."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    now = datetime.datetime.now(datetime.UTC)
    begin, end = now - datetime.timedelta(hours=1), now + datetime.timedelta(days=1)

    def builder(name: str, issuer: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        subject, signer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (name, issuer))
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(signer).public_key(key.public_key())
        return made.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)

    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    root = (
        builder("test authority", "test authority", root_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS])
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    leaf = (
        builder("fake services", "test authority", key)
        .add_extension(names, critical=False)
        .add_extension(authority_key, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    authority, server = folder / "authority.pem", folder / "server.pem"
    authority.write_bytes(root.public_bytes(pem))
    server.write_bytes(leaf.public_bytes(pem) + secret)
    return authority, server
