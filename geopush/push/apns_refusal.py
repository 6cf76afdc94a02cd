"""Why there is no connection to Apple: nobody is there, or whose certificate it is.

Nothing of a message was sent before, so none is ever in doubt.
"""

import re
import ssl
from collections.abc import Mapping
from types import MappingProxyType

from geopush.core.message import AuthFailed, Transient

_ALERT = re.compile(r"ALERT[ _]([A-Z_ ]+)")

# What TLS lets a server say of the certificate it was shown (RFC 8446, 6.2).
OURS: Mapping[str, str] = MappingProxyType(
    {
        "ACCESS_DENIED": "certificate_denied",
        "BAD_CERTIFICATE": "certificate_bad",
        "CERTIFICATE_EXPIRED": "certificate_expired",
        "CERTIFICATE_REQUIRED": "certificate_required",
        "CERTIFICATE_REVOKED": "certificate_revoked",
        "CERTIFICATE_UNKNOWN": "certificate_unknown",
        "DECRYPT_ERROR": "certificate_bad",
        "UNKNOWN_CA": "certificate_of_unknown_authority",
        "UNSUPPORTED_CERTIFICATE": "certificate_unsupported",
    }
)

# What OpenSSL finds wrong with the certificate that a server shows (X509_V_ERR_...).
THEIRS: Mapping[int, str] = MappingProxyType(
    {
        9: "gateway_certificate_not_yet_valid",
        10: "gateway_certificate_expired",
        62: "gateway_certificate_of_another",
        64: "gateway_certificate_of_another",
    }
)


def read_refusal(error: OSError) -> AuthFailed | Transient:
    """Say whether they do not take us, we do not take them, or nobody is there."""
    if isinstance(error, ssl.SSLCertVerificationError):
        code = THEIRS.get(error.verify_code, "gateway_certificate_not_trusted")
        return Transient(code, ambiguous=False)
    if isinstance(error, ssl.SSLError):
        alert = _ALERT.search(str(error).upper())
        word = alert.group(1).strip().replace(" ", "_") if alert else ""
        if word in OURS:
            return AuthFailed(OURS[word])
    return Transient("unreachable", ambiguous=False)
