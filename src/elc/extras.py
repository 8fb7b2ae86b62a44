"""The extra that brings a package which is not installed; pyproject.toml lists what each extra brings."""

from __future__ import annotations

import sys

from elc.errors import ElcError

OF_COMMANDS = {
    "serve": "serve",
    "swaps": "serve",
    "keys": "serve",
    "listen": "listen",
    "fetch": "fetch",
    "new": "new",
    "upgrade": "new",
}
OF_PACKAGES = {"keras": "train", "onnx": "train", "tensorflow": "train", "tf2onnx": "train", "pyspark": "spark"}
OF_PACKAGES |= {"distributed": "fleet"}
OF_PACKAGES |= {"httpx": "fetch", "keyring": "fetch", "psycopg": "fetch", "pyarrow_hotfix": "fetch"}
OF_PACKAGES |= {"paho": "listen", "asyncua": "fetch", "boto3": "fetch"}
OF_PACKAGES |= dict.fromkeys(("requests_kerberos", "requests_ntlm", "tagreader"), "pi")
OTHER = "hourly"  # brings what every other command needs


def build_missing(error: ModuleNotFoundError, *, where: str, command: str = "") -> ElcError | ModuleNotFoundError:
    """Build the error that names the extra to install; what is missing of ELC or Python itself stays as it is.

    Args:
        error: what an import raised.
        where: what needs the package.
        command: the command of `elc` that runs, which decides where several extras bring the package.
    """
    package = (error.name or "").partition(".")[0]
    if package in ("", "elc") or package in sys.stdlib_module_names:
        return error
    return ElcError(f"{where}: {say_missing(package, command=command)}")


def say_missing(package: str, *, command: str = "") -> str:
    """State that a package, named as it is imported, is not installed, and which extra brings it."""
    extra = OF_COMMANDS.get(command) or OF_PACKAGES.get(package) or OTHER
    return f"package {package} is not installed; install the extra that brings it: pip install 'elc[{extra}]'"
