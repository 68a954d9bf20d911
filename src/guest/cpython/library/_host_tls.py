"""TLS by the host: a connection whose bytes the host encrypts, and whose certificate the host verifies."""

import json
import socket
import ssl
from _socket import socket as _socket

# `send` with this flag asks the host to secure the connection, and `recv` gives what has come of it.
_words = 0x20000000
_longest_words = 65536


class SSLSocket(socket.socket):
    """A socket that is secured by the host. What is sent and received is the plain text."""

    def __init__(self, *args, **kwargs):
        raise TypeError(
            "SSLSocket does not have a public constructor. Instances are returned by SSLContext.wrap_socket()."
        )

    @classmethod
    def _create(
        cls, sock, server_side=False, do_handshake_on_connect=True, suppress_ragged_eofs=True,
        server_hostname=None, context=None, session=None,
    ):
        if server_side:
            raise ValueError("nothing can listen here, so there are no TLS servers")
        if sock.type != socket.SOCK_STREAM:
            raise NotImplementedError("only stream sockets are supported")
        if context.check_hostname and not server_hostname:
            raise ValueError("check_hostname requires server_hostname")
        self = cls.__new__(cls)
        timeout = sock.gettimeout()
        socket.socket.__init__(self, sock.family, sock.type, sock.proto, sock.fileno())
        sock.detach()
        self.settimeout(timeout)
        self._context, self.server_hostname = context, context._encode_hostname(server_hostname)
        self.server_side, self.session, self.session_reused = False, None, None
        self._has_asked, self._info = False, None
        self.suppress_ragged_eofs, self.do_handshake_on_connect = suppress_ragged_eofs, do_handshake_on_connect
        try:
            if do_handshake_on_connect and self._is_connected():
                if timeout == 0.0:
                    raise ValueError("do_handshake_on_connect should not be specified for non-blocking sockets")
                self.do_handshake()
        except BaseException:
            self.close()
            raise
        return self

    @property
    def context(self):
        return self._context

    def _is_connected(self):
        try:
            self.getpeername()
            return True
        except OSError:
            return False

    def connect(self, addr):
        super().connect(addr)
        if self.do_handshake_on_connect:
            self.do_handshake()

    def do_handshake(self, block=False):
        """Have the host secure the connection, and wait for that."""
        if self._info is not None:
            return
        if not self._has_asked:
            _socket.send(self, self._request(), _words)
            self._has_asked = True
        try:
            answer = json.loads(_socket.recv(self, _longest_words, _words))
        except BlockingIOError:
            raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, "The operation did not complete (read)") from None
        if "error" in answer:
            kind, message = answer["error"]["type"], answer["error"]["message"]
            if kind == "ECERT":
                error = ssl.SSLCertVerificationError(1, f"[SSL: CERTIFICATE_VERIFY_FAILED] {message}")
                error.verify_message, error.reason, error.library = message, "CERTIFICATE_VERIFY_FAILED", "SSL"
                raise error
            raise ssl.SSLError(1, f"[SSL] {message}")
        self._info = answer["value"]
        self._certificate = bytes.fromhex(answer.get("hex", ""))

    def _request(self):
        context = self._context
        request = {
            "isVerified": context.verify_mode != ssl.CERT_NONE,
            "isNameChecked": context.check_hostname,
            "usesPlatformCa": getattr(context, "_uses_default_certs", False),
        }
        texts = {
            "serverName": self.server_hostname,
            "ca": getattr(context, "_ca_data", None),
            "cert": getattr(context, "_certfile_data", None),
            "key": getattr(context, "_keyfile_data", None) or getattr(context, "_certfile_data", None),
            "alpn": getattr(context, "_alpn", None),
        }
        password = getattr(context, "_key_password", None)
        if password is not None:
            password = password() if callable(password) else password
            texts["passphrase"] = password if isinstance(password, str) else bytes(password).decode()
        request.update((name, text) for name, text in texts.items() if text)
        return json.dumps(request).encode()

    def read(self, len=1024, buffer=None):
        """Read up to LEN bytes."""
        return self.recv(len) if buffer is None else self.recv_into(buffer, len)

    def write(self, data):
        """Write data to the socket. Returns the number of bytes."""
        return self.send(data)

    def _known(self):
        if self._info is None:
            raise ValueError("handshake not done yet")
        return self._info

    def getpeercert(self, binary_form=False):
        """The server's certificate in DER; or the names that it is for, if it was verified."""
        info = self._known()
        if binary_form:
            return self._certificate or None
        if self._context.verify_mode == ssl.CERT_NONE:
            return {}
        pairs = (name.partition(":")[::2] for name in info.get("names", "").split(", ") if name)
        return {"subjectAltName": tuple(pairs)}

    def version(self):
        return None if self._info is None else self._info["protocol"]

    def cipher(self):
        info = self._info
        return None if info is None else (info["cipher"], info["protocol"], info["cipherBits"])

    def selected_alpn_protocol(self):
        return None if self._info is None else self._info.get("alpn")

    def shared_ciphers(self):
        return None

    def compression(self):
        return None

    def pending(self):
        return 0

    def get_channel_binding(self, cb_type="tls-unique"):
        return None

    def unwrap(self):
        raise ValueError("the host ends TLS with the connection, not before it")


ssl.SSLSocket = SSLSocket


async def secure_in_loop(loop, sock, context, server_hostname, timeout):
    """As `wrap_socket`, while the other tasks of an event loop go on."""
    import asyncio

    if isinstance(context, bool):
        context = ssl.create_default_context()
    sock.setblocking(False)
    secured = context.wrap_socket(sock, do_handshake_on_connect=False, server_hostname=server_hostname)
    try:
        async with asyncio.timeout(60 if timeout is None else timeout):
            while True:
                try:
                    secured.do_handshake()
                    return secured
                except ssl.SSLWantReadError:
                    pass
                ready = loop.create_future()
                loop.add_reader(secured.fileno(), lambda: ready.done() or ready.set_result(None))
                try:
                    await ready
                finally:
                    loop.remove_reader(secured.fileno())
    except TimeoutError:
        secured.close()
        raise ConnectionAbortedError("SSL handshake is taking longer than it may: aborting the connection") from None
    except BaseException:
        secured.close()
        raise
