"""Who may approve and promote which plant where, and whether a tag is signed by one of them."""

from elc.registry.signers.lines import read_signers
from elc.registry.signers.people import FILE, SEAL, Act, Rights, Signer, Signers
from elc.registry.signers.verify import Verified, check_signing, verify_tags

__all__ = [
    "FILE",
    "SEAL",
    "Act",
    "Rights",
    "Signer",
    "Signers",
    "Verified",
    "check_signing",
    "read_signers",
    "verify_tags",
]
