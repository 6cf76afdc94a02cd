"""Certificates on the way to Apple: the one that tells who we are, and Apple's own."""

import asyncio
import ssl
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from msgspec import Struct

from geopush.errors import SettingsError


class ClientCertificate(Struct, frozen=True):
    """The PEM text of a certificate for pushes and of its key, in one."""

    pem: str

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "ClientCertificate(...)"


class Paper(Struct, frozen=True):
    """What a certificate says of itself."""

    subject: str
    issuer: str
    until: datetime

    def __str__(self) -> str:
        """Name it to people: whose it is, from whom, until when."""
        until = self.until.strftime("%Y-%m-%d %H:%M UTC")
        return f"{self.subject}, issued by {self.issuer}, valid until {until}"


def load_certificate(certificate: ClientCertificate, tls: ssl.SSLContext) -> Paper:
    """Show the certificate to every server that is connected to from now on."""
    with TemporaryDirectory() as directory:  # the ssl module reads nothing but files
        file = Path(directory, "certificate.pem")
        file.touch(mode=0o600)
        file.write_text(certificate.pem)
        try:
            tls.load_cert_chain(file, password="")
            return _read(x509.load_pem_x509_certificate(certificate.pem.encode()))
        except (ssl.SSLError, ValueError) as error:
            text = "the APNs certificate is not a PEM with a certificate and its key"
            raise SettingsError(text) from error


async def presented(host: str, port: int) -> Paper | None:
    """Look at the certificate that a server shows, which was not to be trusted.

    Nothing is sent to it, and our own is not shown. None: it shows none any more.
    """
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    tls.set_alpn_protocols(["h2"])
    try:
        _, writer = await asyncio.open_connection(host, port, ssl=tls)
    except OSError:
        return None
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    try:
        return _read(x509.load_der_x509_certificate(shown))
    except (TypeError, ValueError):
        return None


def _read(certificate: x509.Certificate) -> Paper:
    return Paper(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        until=certificate.not_valid_after_utc,
    )
