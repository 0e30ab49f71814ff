"""Secrets, which stand in files of their own and never in the configuration."""

from pathlib import Path

from streamstress.errors import ConfigError


def secret_in(file: Path, key: str) -> str:
    """Text of a file that holds one secret, without the line end that editors add.

    Raises
    ------
    ConfigError
        The file cannot be read or is empty; the message names the setting.
    """
    try:
        secret = file.read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{key}: {file} cannot be read ({error}); give a text file") from error
    if not secret:
        raise ConfigError(f"{key}: {file} is empty; it should hold the password")
    return secret
