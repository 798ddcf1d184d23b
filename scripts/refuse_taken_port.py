"""End with a sentence when another program listens on the address and port that the cockpit is to be served on."""

from __future__ import annotations

import errno
import socket
import sys


def main(host: str, port: str) -> None:
    """Try to listen for a moment; what else is wrong with the address is left to the server to say."""
    try:
        socket.create_server((host, int(port))).close()
    except OverflowError:
        sys.exit(f"没有端口 {port}，请用 1 至 65535。(There is no port {port}.)")
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            sys.exit(
                f"端口 {port} 已被占用，请换一个，例如 PORT={int(port) + 1}。(Port {port} is taken; choose another by PORT=…)"
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
