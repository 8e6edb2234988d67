"""Cases about memory: of a client's record, of a connection that is idle."""
import resource
import socket
import time

import redis as redis_servers
from cases_lines import valkey_notes
from generator import fill
from herd import PAIR, SETTINGS, Herd
from process import Failure, wait_for
from redis import Redis
from result import Result

MEMBER = "Goloman"
REST_S = 1  # until what a burst allocated for the moment is given back


class Clients:
    """Bytes for each client that is known."""

    name = "memory"
    title = "one pair, memory of a client: 1 and 5 million"

    @staticmethod
    def sizes(server):
        """Of Redis or Valkey: what it counts as used, and what it has in memory."""
        return int(server.info("memory")["used_memory"]), server.process.resident_size()

    def run(self, context, workspace):
        herd = Herd(context, workspace, "herd", PAIR).start()
        redis = Redis(workspace)
        counts = sorted({context.scaled(1_000_000), context.scaled(5_000_000)})
        valkey = Redis(workspace, "valkey", program=redis_servers.VALKEY) if redis_servers.has_valkey() else None
        result = Result([SETTINGS, redis_servers.SETTINGS,
                         "all told: growth of what node and front-end have in memory (RSS); Redis: growth of used_memory, one "
                         "key, GEOADD; the same IDs, bench.0 and so on; one round: it does not depend on what else runs"])
        result.notes += valkey_notes()
        others = {"Redis": redis, **({"Valkey": valkey} if valkey else {})}
        node, frontend = herd.nodes[MEMBER], herd.frontends[MEMBER][0]
        node_size, frontend_size = node.resident_size(), frontend.resident_size()
        before = {name: self.sizes(server) for name, server in others.items()}
        for count in counts:
            context.say(f"{self.name}: {count} clients")
            fill(context, "herd", herd.ports[MEMBER], count)
            for server in others.values():
                fill(context, "redis", server.port, count)
            time.sleep(REST_S)
            grown, beside = node.resident_size() - node_size, frontend.resident_size() - frontend_size
            peer = f"herd, {count}"
            result.add(peer, {"bytes": (grown + max(beside, 0)) / count, "node_bytes": grown / count})
            result.values(f"a client of {count}", peer, "bytes", "bytes", most=97 if count == 1_000_000 else 160)
            for name, server in others.items():
                used, resident = (now - then for now, then in zip(self.sizes(server), before[name]))
                other = f"{name}, {count}"
                result.add(other, {"bytes": used / count, "resident_bytes": resident / count})
                result.ratio(f"herd / {name}, {count}", (peer, "bytes"), (other, "bytes"), most=1)
        return result


class Idle:
    """Bytes of the front-end for each connection on which nothing happens."""

    name = "idle"
    title = "front-end's memory of an idle connection, 20,000 of them"
    wanted = 20_000
    beside = 200  # descriptors of a process that are no clients
    a_source = 5000  # connections from one loopback address: ports are not to run short

    def connect(self, port, number):
        sock = socket.socket()
        sock.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT of linux/in.h
        sock.bind((f"127.0.0.{2 + number // self.a_source}", 0))
        sock.connect(("127.0.0.1", port))
        return sock

    @staticmethod
    def exchange(sockets, ids):
        """A line on each connection, in groups; until all are answered."""
        for begin in range(0, len(sockets), 100):
            group = sockets[begin:begin + 100]
            for i, sock in enumerate(group):
                sock.sendall(f"IAMAT idle.{(begin + i) % ids} +0.0+0.0 1.0\n".encode())
            for sock in group:
                if not sock.recv(65536).startswith(b"AT "):
                    raise Failure("an IAMAT was not answered")

    def run(self, context, workspace):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        count = min(self.wanted, hard - self.beside)
        herd = Herd(context, workspace, "herd", PAIR, {"max_connections": self.wanted}).start()
        frontend = herd.frontends[MEMBER][0]
        self.exchange([self.connect(herd.ports[MEMBER], 0)], 1)
        before = frontend.resident_size()
        result = Result([f"{SETTINGS}, max_connections = \"{self.wanted}\"",
                         f"{count} connections from several loopback addresses; growth of the front-end's memory (RSS), without "
                         "what the kernel has for sockets; first silent, then after a line and its answer on each"])
        if count < self.wanted:
            result.notes.append(f"not {self.wanted} connections but {count}: no more than {hard} open files are allowed here")
        sockets = []
        try:
            sockets += [self.connect(herd.ports[MEMBER], number) for number in range(count)]
            wait_for(lambda: herd.status()[MEMBER]["clients"] == str(count), "as many connections at the front-end")
            result.add("silent", {"bytes": (frontend.resident_size() - before) / count})
            self.exchange(sockets, 1000)
            time.sleep(REST_S)
            result.add("after a line", {"bytes": (frontend.resident_size() - before) / count})
        finally:
            for sock in sockets:
                sock.close()
        result.values("a silent connection", "silent", "bytes", "bytes", most=1024)
        result.values("an idle one, after a line", "after a line", "bytes", "bytes", most=1024)
        return result
