"""Certificates for servers on this machine, and an authority that vouches for them."""

import ssl
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

__all__ = ["ELSEWHERE", "HERE", "Authority"]

HERE = x509.IPAddress(IPv4Address("127.0.0.1"))
ELSEWHERE = x509.DNSName("elsewhere.example")
YEAR_2000, YEAR_2001, YEAR_2100 = (datetime(year, 1, 1, tzinfo=UTC) for year in (2000, 2001, 2100))


class Authority:
    """Issues certificates to servers. Whoever trusts ``bundle`` trusts them.

    Args:
        folder: Where its files go.
        name: What it is called.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = (
            _certificate(self._name, self._name, self._key, YEAR_2100)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, SHA256())
        )
        self.bundle = folder / f"{name}.pem"
        self.bundle.write_bytes(certificate.public_bytes(Encoding.PEM))

    def server(self, name: x509.GeneralName, *, expired: bool = False) -> ssl.SSLContext:
        """Return what a server needs that calls itself ``name``."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a server")])
        certificate = (
            _certificate(subject, self._name, key, YEAR_2001 if expired else YEAR_2100)
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .sign(self._key, SHA256())
        )
        file = self._folder / f"{certificate.serial_number}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(YEAR_2000)
        .not_valid_after(until)
    )
