"""The certificate that tells Apple who we are, where there is no signing key."""

import ssl
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from geopush.errors import SettingsError


class ClientCertificate(Struct, frozen=True):
    """The PEM text of a certificate for pushes and of its key, in one."""

    pem: str

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "ClientCertificate(...)"


def load_certificate(certificate: ClientCertificate, tls: ssl.SSLContext) -> None:
    """Show the certificate to every server that is connected to from now on."""
    with TemporaryDirectory() as directory:  # the ssl module reads nothing but files
        file = Path(directory, "certificate.pem")
        file.touch(mode=0o600)
        file.write_text(certificate.pem)
        try:
            tls.load_cert_chain(file, password="")
        except (ssl.SSLError, ValueError) as error:
            text = "the APNs certificate is not a PEM with a certificate and its key"
            raise SettingsError(text) from error
