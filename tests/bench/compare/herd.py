"""Herds of real processes: the sample herd's settings, but that traffic is not logged."""
import os
import re
import socket
import subprocess
import urllib.request

from process import Failure, free_port, wait_for

SAMPLE = {
    "Goloman": "Hands Holiday Wilkes",
    "Hands": "Goloman Wilkes",
    "Holiday": "Goloman Welsh Wilkes",
    "Welsh": "Holiday",
    "Wilkes": "Goloman Hands Holiday",
}
PAIR = {"Goloman": ""}
ONE_PROCESS = "herd-single"
TWO = {"Goloman": "Welsh", "Welsh": "Goloman"}
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
SETTINGS = "herd: settings of deploy/herd.cfg, but journal = \"no\", traffic = \"no\""


class Client:
    """A connection to a front-end, for one line at a time."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.socket.close()

    def ask(self, line):
        """The whole answer: a line, or one and JSON."""
        self.socket.sendall(line.encode() + b"\n")
        answer = b""
        end = b"\n\n" if line.startswith("WHATSAT") else b"\n"
        while not answer.endswith(end) and not (answer[:1] == b"?" and answer[-1:] == b"\n"):
            part = self.socket.recv(65536)
            if not part:
                raise Failure(f"no answer to {line}")
            answer += part
        return answer.decode()


def has_one_process(context):
    """Whether there is a program that is node and front-end."""
    return os.path.exists(os.path.join(context.programs, ONE_PROCESS))


class Herd:
    """Owner: the workspace, which ends the processes. `one_process`: nodes that serve clients themselves."""

    def __init__(self, context, workspace, name, members, settings=(), one_process=False, places=None, web=False):
        self.workspace = workspace
        self.programs = context.programs
        self.one_process = one_process
        self.folder = workspace.subfolder(name)
        self.file = os.path.join(self.folder, "herd.cfg")
        self.members = members
        self.ports = {member: free_port() for member in members}
        self.web_ports = {member: free_port() for member in members} if web else {}
        self.nodes = {}
        self.frontends = {}
        self.webs = {}
        self.write(places or ['provider = "local"', f'file = "{context.places}"'], {"traffic": "no", **dict(settings)})

    def write(self, places, settings):
        lines = ["herd", '    name = "bench"']
        lines += [f'    {key} = "{value}"' for key, value in settings.items()]
        lines += ["    places", *("        " + line for line in places), "members"]
        for member, neighbours in self.members.items():
            lines += [f"    {member}",
                      f'        clients = "tcp://127.0.0.1:{self.ports[member]}"',
                      f'        bus = "tcp://127.0.0.1:{free_port()}"',
                      f'        neighbours = "{neighbours}"']
            if member in self.web_ports:
                lines.append(f'        web = "http://127.0.0.1:{self.web_ports[member]}"')
        with open(self.file, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def argv(self, program, *arguments):
        return [os.path.join(self.programs, program), "--config", self.file, *arguments]

    def run(self, program, *arguments):
        """To its end, which has to be a good one."""
        done = subprocess.run(self.argv(program, *arguments), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise Failure(f"{program}: {done.stderr.decode(errors='replace')}")

    def start_node(self, member):
        program = ONE_PROCESS if self.one_process else "herd-node"
        self.nodes[member] = self.workspace.start(member + ".node", self.argv(program, member), self.folder)

    def start_frontend(self, member):
        """One more: several share a port."""
        others = self.frontends.setdefault(member, [])
        name = f"{member}.frontend{len(others)}"
        others.append(self.workspace.start(name, self.argv("herd-frontend", member), self.folder))

    def start(self):
        for member in self.members:
            self.start_node(member)
            if not self.one_process:
                self.start_frontend(member)
            if member in self.web_ports:
                self.webs[member] = self.workspace.start(member + ".web", self.argv("herd-web", member), self.folder)
        self.wait_serving()
        wait_for(self.is_linked, "links of a herd")
        for member in self.webs:
            wait_for(lambda: self.is_followed(member), f"the copy of {member}'s herd-web")
        return self

    def web_metric(self, name, member):
        """A figure that a member's herd-web serves; None if it does not answer."""
        try:
            with OPENER.open(f"http://127.0.0.1:{self.web_ports[member]}/metrics", timeout=20) as answer:
                found = re.search(rf"^{name} (\S+)$", answer.read().decode(), re.MULTILINE)
        except OSError:
            return None
        return float(found.group(1)) if found else None

    def is_followed(self, member):
        self.webs[member].expect_alive()
        return self.web_metric("herd_web_copy_current", member) == 1

    def wait_serving(self):
        for member in self.members:
            wait_for(lambda: self.serves(member), f"{member}'s first answer")

    def serves(self, member):
        self.nodes[member].expect_alive()
        for frontend in self.frontends.get(member, ()):
            frontend.expect_alive()
        try:
            with Client(self.ports[member]) as client:
                return client.ask("WHATSAT nobody 0 0") == "? WHATSAT nobody 0 0\n"
        except (OSError, Failure):
            return False  # nothing listens, or it was not answered in time

    def status(self):
        """Of each member: the fields of `herdctl status --plain` (herdctl(1))."""
        said = subprocess.run(self.argv("herdctl", "status", "--plain"), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False).stdout.decode()
        rows = [line.split("\t") for line in said.splitlines()]
        return {row[0]: {"up": row[1] == "up", "records": row[4], "frontends": row[5], "clients": row[6], "links": row[7], "links_all": row[8],
                         "digest": row[9], "lag": row[10]} for row in rows}

    def metric(self, name, member):
        """A figure of one member, as `herdctl metrics` prints it."""
        said = subprocess.run(self.argv("herdctl", "metrics"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=False).stdout.decode()
        found = re.search(rf'^{name}\{{member="{member}"\}} (\S+)$', said, re.MULTILINE)
        if not found:
            raise Failure(f"no {name} of {member}")
        return float(found.group(1))

    def wait_frontends(self, member, count):
        """Until the member's node serves so many."""
        wait_for(lambda: self.status()[member]["frontends"] == str(count), f"front-end {count} of {member}")

    def is_linked(self):
        status = self.status()
        return len(status) == len(self.members) and all(
            one["up"] and one["links"] == one["links_all"] for one in status.values())

    def is_level(self):
        status = self.status()
        digests = {one["digest"] for one in status.values()}
        return len(status) == len(self.members) and len(digests) == 1 and digests != {"-"}

    def processes(self):
        return [*self.nodes.values(), *self.webs.values(), *(one for some in self.frontends.values() for one in some)]

    def parts(self):
        """Processes by what they are."""
        if self.one_process:
            return {"node": list(self.nodes.values())}
        parts = {"node": list(self.nodes.values()),
                 "frontend": [one for some in self.frontends.values() for one in some]}
        return {**parts, "web": list(self.webs.values())} if self.webs else parts
