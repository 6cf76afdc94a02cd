"""The papers of the stand-ins: certificates, Apple's key, Google's account.

Made once into one directory and used again from there; the key of the certificate
authority is never written down, so nothing else can ever be signed with it.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

VALID = timedelta(days=397)  # the longest that strict TLS clients take
RENEWED = timedelta(days=1)  # before a certificate ends while it is in use
AUTHORITY = "geopush sandbox authority"
KEY_ID = "SANDBOXKEY"
TEAM_ID = "SANDBOXDEV"
PROJECT_ID = "geopush-sandbox"
CLIENT_EMAIL = f"geopush@{PROJECT_ID}.iam.gserviceaccount.com"

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Papers(Struct, frozen=True):
    """Where each paper lies."""

    ca_file: Path
    server_file: Path
    server_key_file: Path
    client_file: Path
    p8_file: Path
    service_account_file: Path


def make_papers(directory: Path, now: datetime | None = None) -> Papers:
    """Return the papers in the directory, made anew if one is missing or ending."""
    papers = Papers(
        ca_file=directory / "ca.pem",
        server_file=directory / "server.pem",
        server_key_file=directory / "server.key",
        client_file=directory / "apns-certificate.pem",
        p8_file=directory / f"AuthKey_{KEY_ID}.p8",
        service_account_file=directory / "service-account.json",
    )
    now = now or datetime.now(UTC)
    if not _are_good(papers, now):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in _all(papers):
            path.unlink(missing_ok=True)
        _make_certificates(papers, now)
        _write(papers.p8_file, _pem(ec.generate_private_key(ec.SECP256R1())))
        _make_service_account(papers.service_account_file)
    return papers


def point_service_account_at(token_uri: str, file: Path) -> None:
    """Write down where the service account gets its access tokens."""
    account: dict[str, str] = json.loads(file.read_bytes())
    _write(file, json.dumps(account | {"token_uri": token_uri}, indent=2).encode())


def _all(papers: Papers) -> list[Path]:
    return [
        papers.ca_file,
        papers.server_file,
        papers.server_key_file,
        papers.client_file,
        papers.p8_file,
        papers.service_account_file,
    ]


def _are_good(papers: Papers, now: datetime) -> bool:
    if not all(path.is_file() for path in _all(papers)):
        return False
    certificate = x509.load_pem_x509_certificate(papers.server_file.read_bytes())
    return now + RENEWED < certificate.not_valid_after_utc


def _make_certificates(papers: Papers, now: datetime) -> None:
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = (
        _unsigned(_name(AUTHORITY), _name(AUTHORITY), ca_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    key = ec.generate_private_key(ec.SECP256R1())
    server = (
        _leaf("localhost", ExtendedKeyUsageOID.SERVER_AUTH, key, ca_key, now)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    _write(papers.ca_file, ca.public_bytes(Encoding.PEM), mode=0o644)
    _write(papers.server_key_file, _pem(key))
    _write(papers.server_file, server.public_bytes(Encoding.PEM), mode=0o644)
    _make_client_certificate(papers.client_file, ca_key, now)


def _make_client_certificate(
    file: Path, ca_key: ec.EllipticCurvePrivateKey, now: datetime
) -> None:
    """One for all apps of the stand-in; Apple's names each topic."""
    key = ec.generate_private_key(ec.SECP256R1())
    purpose = ExtendedKeyUsageOID.CLIENT_AUTH
    client = _leaf("geopush sandbox pushes", purpose, key, ca_key, now)
    signed = client.sign(ca_key, hashes.SHA256())
    _write(file, signed.public_bytes(Encoding.PEM) + _pem(key))


def _leaf(
    common: str,
    purpose: x509.ObjectIdentifier,
    key: ec.EllipticCurvePrivateKey,
    ca_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.CertificateBuilder:
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    return (
        _unsigned(_name(common), _name(AUTHORITY), key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(authority, critical=False)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )


def _unsigned(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.CertificateBuilder:
    subject_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + VALID)
        .add_extension(subject_key, critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _make_service_account(file: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account = {
        "type": "service_account",
        "project_id": PROJECT_ID,
        "private_key_id": f"{x509.random_serial_number():040x}"[-40:],
        "private_key": _pem(key).decode(),
        "client_email": CLIENT_EMAIL,
        "client_id": "100000000000000000000",
        "token_uri": "http://127.0.0.1/token",
    }
    _write(file, json.dumps(account, indent=2).encode())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes, mode: int = 0o600) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb"
    ) as f:
        f.write(content)
    fresh.replace(path)
