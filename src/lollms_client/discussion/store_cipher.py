"""Encryption at rest: AES-256-GCM with a key made of the user's passphrase by scrypt with a random salt."""

from __future__ import annotations

import hashlib
import hmac
import os

import msgspec

from lollms_client.discussion.failures import WrongKey
from lollms_client.errors import BadSetting, MissingDependency

_NONCE_BYTES = 12
_CHECKED = b"lollms_client store"


class KeyFacts(msgspec.Struct, kw_only=True, frozen=True):
    """What is written beside the data: how the key is made, and a sealed word that tells a wrong one.

    Once the passphrase was changed, `wrapped` holds the first one's keys, sealed with what the new one makes.
    """

    salt: bytes
    cost: int = 2**15
    block_size: int = 8
    parallel: int = 1
    check: bytes = b""
    wrapped: bytes = b""


class Cipher:
    """Seals and opens bytes. What is sealed for one place cannot be opened at another."""

    def __init__(self, keys: bytes) -> None:
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        except ImportError as error:
            message = "encryption needs the package cryptography: pip install 'lollms_client[encryption]'"
            raise MissingDependency(message, package="cryptography") from error
        self._keys = keys
        self._aead = AESGCM(keys[:32])
        self._hash_key = keys[32:]

    def rewrapped(self, passphrase: str | bytes, facts: KeyFacts) -> bytes:
        """The facts to be written beside the data, so that another passphrase opens it."""
        fresh = KeyFacts(salt=os.urandom(16), check=facts.check)
        wrapped = Cipher(_derived(passphrase, fresh)).seal(self._keys, "keys")
        return msgspec.json.encode(msgspec.structs.replace(fresh, wrapped=wrapped))

    def seal(self, data: bytes, place: str) -> bytes:
        """Encrypt and authenticate."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, data, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt. Raises WrongKey where the key, the place or a single bit is another."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise WrongKey("the encryption key is another one, or the stored data was changed", place=place) from error

    def hash(self, plain_hash: str) -> str:
        """A name for content that tells nothing about it to those without the key."""
        return hmac.new(self._hash_key, plain_hash.encode(), hashlib.sha256).hexdigest()


def _derived(passphrase: str | bytes, facts: KeyFacts) -> bytes:
    """The 64 bytes that scrypt makes of a passphrase. Raises BadSetting for an empty one."""
    if not isinstance(passphrase, (str, bytes)):
        raise BadSetting("the encryption key is a passphrase, as text or bytes", setting="encryption_key")
    secret = passphrase.encode() if isinstance(passphrase, str) else bytes(passphrase)
    if not secret:
        raise BadSetting("the encryption key is empty: give a passphrase, or none at all", setting="encryption_key")
    return hashlib.scrypt(
        secret,
        salt=facts.salt,
        n=facts.cost,
        r=facts.block_size,
        p=facts.parallel,
        maxmem=256 * facts.cost * facts.block_size,
        dklen=64,
    )


def new_key_facts(passphrase: str | bytes) -> bytes:
    """The facts of a new store, to be written beside the data."""
    facts = KeyFacts(salt=os.urandom(16))
    cipher = Cipher(_derived(passphrase, facts))
    return msgspec.json.encode(msgspec.structs.replace(facts, check=cipher.seal(_CHECKED, "check")))


def read_key_facts(written: bytes) -> KeyFacts:
    """The facts that were written beside the data."""
    return msgspec.json.decode(written, type=KeyFacts)


def known_cipher(passphrase: str | bytes, written: bytes) -> Cipher:
    """The cipher of an existing store. Raises WrongKey."""
    facts = read_key_facts(written)
    cipher = Cipher(_derived(passphrase, facts))
    if facts.wrapped:
        cipher = Cipher(cipher.open(facts.wrapped, "keys"))
    if cipher.open(facts.check, "check") != _CHECKED:
        raise WrongKey("the encryption key is another one", setting="encryption_key")
    return cipher
