"""Has `socket` and `ssl` say what this sandbox allows, and has the host secure connections."""


def _make_network(when_imported):
    import os
    import sys
    import weakref

    no_network = (
        "this program was given no network: --allow-net HOST[:PORT] gives it "
        "(in the library, network: { allow: [...] })"
    )
    unbindable = "a socket cannot be bound: nothing can listen here"
    lost = "the connection is lost: the session has gone on from a saved state, which connections are no part of"
    # `recv` with this flag gives the host's words about the socket; see `sockets.ts`.
    words, longest_words = 0x20000000, 65536
    own = {"sockets": weakref.WeakSet(), "lost": {}}

    def adapt_socket():
        socket = sys.modules["socket"]
        cls, base = socket.socket, sys.modules["_socket"].socket
        usual_init, usual_lookup, failure = cls.__init__, socket.getaddrinfo, socket.gaierror
        refused = socket.EAI_FAIL

        def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
            try:
                usual_init(self, family, type, proto, fileno)
            except PermissionError as error:
                raise PermissionError(error.errno, no_network) from None
            own["sockets"].add(self)

        def connect(self, address, /):
            """Connect the socket to a remote address."""
            try:
                base.connect(self, address)
            except PermissionError as error:
                raise PermissionError(error.errno, reason_of(self)) from None
            except failure as error:
                if error.errno != refused:
                    raise
                raise failure(error.errno, last_reason()) from None

        def bind(self, address, /):
            """Bind the socket to a local address."""
            try:
                base.bind(self, address)
            except PermissionError as error:
                raise PermissionError(error.errno, unbindable) from None

        def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
            try:
                return usual_lookup(host, port, family, type, proto, flags)
            except failure as error:
                if error.errno != refused:
                    raise
                raise failure(error.errno, last_reason()) from None

        def reason_of(sock):
            import json

            try:
                return json.loads(base.recv(sock, longest_words, words))["error"]["message"]
            except (OSError, ValueError, KeyError):
                return os.strerror(2)

        def last_reason():
            try:
                sock = base(socket.AF_INET, socket.SOCK_STREAM, 0)
            except PermissionError:
                return no_network
            try:
                return reason_of(sock)
            finally:
                sock.close()

        for function in (__init__, connect, bind):
            function.__module__, function.__qualname__ = cls.__module__, f"socket.{function.__name__}"
            setattr(cls, function.__name__, function)
        getaddrinfo.__module__, getaddrinfo.__qualname__ = "socket", "getaddrinfo"
        getaddrinfo.__doc__ = usual_lookup.__doc__
        socket.getaddrinfo = getaddrinfo
        functions.extend((__init__, connect, bind, getaddrinfo, reason_of, last_reason))

    def adapt_ssl():
        ssl = sys.modules["ssl"]
        context = ssl.SSLContext

        def wrap_socket(
            self, sock, server_side=False, do_handshake_on_connect=True, suppress_ragged_eofs=True,
            server_hostname=None, session=None,
        ):
            from _host_tls import SSLSocket

            return SSLSocket._create(
                sock, server_side, do_handshake_on_connect, suppress_ragged_eofs, server_hostname, self, session
            )

        def set_alpn_protocols(self, alpn_protocols):
            self._alpn = list(alpn_protocols)

        def load_default_certs(self, purpose=ssl.Purpose.SERVER_AUTH):
            self._uses_default_certs = True

        def load_verify_locations(self, cafile=None, capath=None, cadata=None):
            if cafile is None and capath is None and cadata is None:
                raise TypeError("cafile, capath and cadata cannot be all omitted")
            texts = [getattr(self, "_ca_data", "")]
            if cafile is not None:
                with open(cafile, encoding="ascii", errors="replace") as file:
                    texts.append(file.read())
            if cadata is not None:
                texts.append(cadata if isinstance(cadata, str) else ssl.DER_cert_to_PEM_cert(bytes(cadata)))
            self._ca_data = "\n".join(texts).strip()

        for function in (wrap_socket, set_alpn_protocols, load_default_certs, load_verify_locations):
            function.__module__, function.__qualname__ = "ssl", f"SSLContext.{function.__name__}"
            setattr(context, function.__name__, function)
        context.set_default_verify_paths = lambda self: load_default_certs(self)
        # The host looks at a certificate's common name only where it has no other.
        ssl.HAS_NEVER_CHECK_COMMON_NAME = True

    def lose_sockets():
        """The session goes on from a state: what was open there is open nowhere."""
        for sock in list(own["sockets"]):
            if sock.fileno() < 0:
                continue
            sock.detach()
            try:
                sock.__class__ = lost_class(type(sock))
            except TypeError:
                # A class of the user's that has a layout of its own: its descriptor is no longer valid.
                pass

    def lost_class(cls):
        made = own["lost"].get(cls)
        if made is None:

            def fail(self, *args, **kwargs):
                raise ConnectionAbortedError(13, lost)

            methods = ("connect", "getpeername", "getsockname", "recv", "recv_into", "recvfrom", "recvmsg")
            methods += ("send", "sendall", "sendmsg", "sendto", "shutdown")
            made = type(cls.__name__, (cls,), {"__slots__": (), **dict.fromkeys(methods, fail)})
            made.__module__, made.__qualname__ = cls.__module__, cls.__qualname__
            own["lost"][cls] = made
        return made

    functions = []
    when_imported("socket", adapt_socket)
    when_imported("ssl", adapt_ssl)
    return lose_sockets, functions
