"""Cases about memory: of a client's record, of a connection that is idle."""
import resource
import socket
import time

import redis as redis_servers
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

    def run(self, context, workspace):
        herd = Herd(context, workspace, "herd", PAIR).start()
        redis = Redis(workspace)
        counts = [context.scaled(1_000_000), context.scaled(5_000_000)]
        result = Result([SETTINGS, redis_servers.SETTINGS,
                         "all told: growth of what node and front-end have in memory (RSS); Redis: growth of used_memory, one "
                         "key, GEOADD; the same IDs, bench.0 and so on; one round: it does not depend on what else runs"])
        node, frontend = herd.nodes[MEMBER], herd.frontends[MEMBER][0]
        node_size, frontend_size = node.resident_size(), frontend.resident_size()
        redis_size = int(redis.info("memory")["used_memory"])
        redis_resident = redis.process.resident_size()
        for count in counts:
            context.say(f"{self.name}: {count} clients")
            fill(context, "herd", herd.ports[MEMBER], count)
            fill(context, "redis", redis.port, count)
            time.sleep(REST_S)
            grown, beside = node.resident_size() - node_size, frontend.resident_size() - frontend_size
            peer = f"herd, {count}"
            result.add(peer, {"bytes": (grown + max(beside, 0)) / count, "node_bytes": grown / count})
            other = f"redis, {count}"
            result.add(other, {"bytes": (int(redis.info("memory")["used_memory"]) - redis_size) / count,
                               "resident_bytes": (redis.process.resident_size() - redis_resident) / count})
            result.values(f"a client of {count}", peer, "bytes", "bytes", most=160)
            result.ratio(f"herd / Redis, {count}", (peer, "bytes"), (other, "bytes"), most=1)
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
