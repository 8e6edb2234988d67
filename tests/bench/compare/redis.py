"""Redis servers, or Valkey's, with and without a file of what they were told, and as much of RESP as asking them takes."""
import shutil
import socket

from process import Failure, free_port, wait_for

VALKEY = "valkey-server"
NO_VALKEY = "no Valkey beside it: valkey-server is not installed (Debian 13: apt-get install valkey-server)"
SETTINGS = 'redis: redis-server --save "" --appendonly no, else its defaults'
AOF_SETTINGS = 'redis, everysec and always: redis-server --save "" --appendonly yes --appendfsync everysec or always, else its defaults'


class Connection:
    """One command at a time (redis.io/docs/reference/protocol-spec)."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def ask(self, *words):
        encoded = [word.encode() if isinstance(word, str) else word for word in words]
        self.socket.sendall(b"*%d\r\n" % len(encoded) +
                            b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded))
        return self.read()

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise Failure("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise Failure("Redis: " + rest.decode())
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self.read() for _ in range(int(rest))]
        return int(rest) if kind == b":" else rest


def has_valkey():
    return shutil.which(VALKEY) is not None


class Redis:
    """Owner: the workspace, which ends the process."""

    def __init__(self, workspace, name="redis", primary=None, settings=(), program="redis-server"):
        self.workspace = workspace
        self.name = name
        self.port = free_port()
        self.folder = workspace.subfolder(name)
        self.argv = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                     "--repl-diskless-sync-delay", "0"]
        for key, value in {"appendonly": "no", **dict(settings)}.items():
            self.argv += ["--" + key, value]
        if primary:
            self.argv += ["--replicaof", "127.0.0.1", str(primary.port)]
        self.start()
        wait_for(lambda: self.is_ready(primary), "a replica of Redis")

    def start(self):
        """Begins, or begins again, with what its folder has."""
        self.process = self.workspace.start(self.name, self.argv, self.folder)
        self.connection = wait_for(self.connect, "Redis", pause_s=0.001)

    def connect(self):
        self.process.expect_alive()
        try:
            return Connection(self.port)
        except OSError:
            return None

    def info(self, section):
        lines = self.ask("INFO", section).decode().splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def is_ready(self, primary):
        return primary is None or self.info("replication")["master_link_status"] == "up"

    def ask(self, *words):
        return self.connection.ask(*words)

    def processes(self):
        return [self.process]

    def parts(self):
        return {"redis": [self.process]}

    def load_places(self, path):
        """The places of a GeoNames file into the key that herd-bench asks; how many Redis has."""
        words = []
        with open(path, encoding="utf-8") as file:
            for line in file:
                row = line.split("\t")
                if abs(float(row[4])) < 85:
                    words += [row[5], row[4], row[0]]
                if len(words) >= 3000:
                    self.ask("GEOADD", "herd-bench-places", *words)
                    words = []
        if words:
            self.ask("GEOADD", "herd-bench-places", *words)
        return self.ask("ZCARD", "herd-bench-places")
