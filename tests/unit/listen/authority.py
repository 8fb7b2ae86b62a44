"""An authority of certificates for tests: it signs for 127.0.0.1, and can sign what has expired."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Authority:
    """Signs certificates; its own is `path`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, _build_name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.path = folder / f"{name}.pem"
        made = _start(self._name, self._name, self._key, days=10).add_extension(x509.BasicConstraints(True, None), True)
        self.path.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def sign(self, name: str, *, days: int, host: str = "127.0.0.1") -> tuple[Path, Path]:
        """Sign a certificate of a host that ends in so many days; write it and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(host))])
        made = _start(_build_name(name), self._name, key, days=days).add_extension(names, False)
        return write_pair(self._folder / name, made.sign(self._key, hashes.SHA256()), key)


def write_application(folder: Path, name: str, uri: str) -> tuple[Path, Path]:
    """Write the certificate of an OPC UA application, signed by itself, and its key."""
    key = rsa.generate_private_key(65537, 2048)
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri), x509.DNSName("localhost")])
    made = _start(_build_name(name), _build_name(name), key, days=10).add_extension(names, False)
    certificate, private_key = write_pair(folder / name, made.sign(key, hashes.SHA256()), key)
    return certificate, private_key.rename(folder / f"{name}_key.pem")  # asyncua goes by the end of the name


def _build_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _start(subject: x509.Name, issuer: x509.Name, key: Key, *, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(days=100)).not_valid_after(now + timedelta(days=days))


def write_pair(stem: Path, certificate: x509.Certificate, key: Key) -> tuple[Path, Path]:
    """Write a certificate and its key as PEM files."""
    paths = stem.with_suffix(".pem"), stem.with_suffix(".key")
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths
