"""What the tests of herd-web share: a member that runs, curl, a stream of events, and checks.

A test runs as NAME.py PROGRAMS SOURCE, and exits with what run returns.
"""
import fcntl
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

programs, source = sys.argv[1:3]
checks = failures = 0


def check(what, good, shown=""):
    global checks, failures
    checks += 1
    if not good:
        failures += 1
        print("FAIL: %s %s" % (what, shown))


def wait_for(what, condition, limit_s=20):
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    check(what, False, "(waited %d s)" % limit_s)
    return False


def run(test):
    """Runs test(herd); returns the exit status, behind a line that says what came of the checks."""
    if shutil.which("curl") is None:
        print("skipped: no curl")
        return 77
    herd = Herd()
    try:
        test(herd)
    finally:
        herd.close()
    print("%d checks, %d failed" % (checks, failures))
    return 1 if failures else 0


class Ports:
    """Free ports, as tests/support/port.h has them: below those that the kernel takes by itself, lest who connects to
    a dead one gets itself; in slices that are locked against other tests for as long as this one runs."""
    folder, first, slice_size, slices = "/tmp/herd-test-ports", 20000, 40, 300

    def __init__(self):
        self.locks, self.free = [], []

    def take_slice(self):
        os.makedirs(self.folder, exist_ok=True)
        try:
            os.chmod(self.folder, 0o1777)
        except PermissionError:
            pass
        start = random.randrange(self.slices)
        for number in range(start, start + self.slices):
            number %= self.slices
            lock = os.open("%s/%d" % (self.folder, number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(lock)
                continue
            self.locks.append(lock)
            port = self.first + number * self.slice_size
            self.free = list(range(port, port + self.slice_size))
            return
        sys.exit("no free slice of ports: see " + self.folder)

    def take(self):
        while True:
            if not self.free:
                self.take_slice()
            port = self.free.pop(0)
            with socket.socket() as one:
                try:
                    one.bind(("0.0.0.0", port))
                    return port
                except OSError:
                    pass


ports = Ports()


class Herd:
    """One member, A."""

    def __init__(self):
        self.folder = tempfile.mkdtemp()
        self.client, self.bus, self.web = (ports.take() for _ in range(3))
        self.config = os.path.join(self.folder, "herd.cfg")
        self.url = "http://127.0.0.1:%d" % self.web
        self.processes = {}
        self.write('        web = "%s http://[::1]:%d"\n' % (self.url, self.web), '    max_connections = "20000"\n')

    def write(self, web, settings=""):
        with open(self.config, "w") as file:
            file.write('herd\n    name = "t"\n    request_timeout = "2000"\n%smembers\n    A\n'
                       '        clients = "tcp://127.0.0.1:%d"\n        bus = "tcp://127.0.0.1:%d"\n%s'
                       % (settings, self.client, self.bus, web))

    def start(self, program, member="A", environment=None):
        self.processes[program if member == "A" else "%s %s" % (program, member)] = subprocess.Popen(
            [os.path.join(programs, "herd-" + program), "--config", self.config, member],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})})

    def serve(self, *names, environment=None):
        """Starts these programs of A; whether herd-web then finds its node. `environment`: herd-web's."""
        ups = self.log("web").count(" node-up: ")
        for name in names:
            self.start(name, environment=environment if name == "web" else None)
        return wait_for("herd-web serves", lambda: self.log("web").count(" node-up: ") > ups)

    def end(self, program, number=signal.SIGTERM):
        process = self.processes.pop(program)
        process.send_signal(number)
        return process.wait(20)

    def log(self, program):
        try:
            with open(os.path.join(self.folder, "log", "A.%s.log" % program)) as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def close(self):
        for program in list(self.processes):
            self.end(program, signal.SIGKILL)
        shutil.rmtree(self.folder)


def curl(*arguments):
    """Status, headers (lower case), body."""
    done = subprocess.run(["curl", "-sS", "-i", "-m", "20", *arguments], capture_output=True)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    while head.startswith(b"HTTP/1.1 100"):
        head, _, body = body.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:])
    status = int(lines[0].split()[1]) if len(lines[0].split()) > 1 else done.stderr
    return status, fields, body


def send_raw(port, data, half_close=True):
    """All that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", port), 20) as one:
        one.sendall(data)
        if half_close:
            one.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while part := one.recv(65536):
                answer += part
        except ConnectionResetError:
            pass
        return answer


def begin_many(port, request, count):
    """Connections on each of which an answer to `request` has begun."""
    many = [socket.create_connection(("127.0.0.1", port), 20) for _ in range(count)]
    for one in many:
        one.sendall(request)
    for one in many:
        one.recv(1)
    return many


def statuses(answer):
    return [int(number) for number in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def gauge(herd, name):
    return int(re.search(rb"^%s (\d+)$" % name.encode(), curl(herd.url + "/metrics")[2], re.M)[1])


def health(herd):
    """What herdctl health says."""
    return subprocess.run([os.path.join(programs, "herdctl"), "--config", herd.config, "health"],
                          capture_output=True, text=True).stdout


class Watcher:
    """A stream of events, read by curl as a person would."""

    def __init__(self, herd, query, last_id=None):
        fields = ["-H", "Last-Event-ID: " + last_id] if last_id else []
        self.process = subprocess.Popen(["curl", "-sSN", *fields, herd.url + "/v1/watch?" + query],
                                        stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.text, self.last_id = "", None

    def events(self):
        """Pairs of event and data so far."""
        self.text += (self.process.stdout.read() or b"").decode()
        found = []
        for block in self.text.split("\n\n")[:-1]:
            fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
            self.last_id = fields.get("id", self.last_id)
            if "data" in fields:
                found.append((fields.get("event", "message"), json.loads(fields["data"])))
        return found

    def names(self):
        return [(event, data.get("id", data.get("client"))) for event, data in self.events()
                if event in ("position", "leave", "reset", "up-to-date")]

    def end(self):
        self.process.kill()
        self.process.wait()


class EventSource(threading.Thread):
    """Follows a stream as an EventSource of a browser does: where it ends, it comes again with the ID of its last event,
    until `end`. `pause_s`: it reads slowly."""

    def __init__(self, herd, query, pause_s=0):
        super().__init__(daemon=True)
        self.port, self.query, self.pause_s = herd.web, query, pause_s
        self.state = {}  # by client: its Feature
        self.last_id, self.resets, self.wrong, self.events = "", 0, [], 0
        self.reset_of = None  # the ID that this connection began with, if it was answered by `reset`
        self.ended = False
        self.connection = self.socket = None
        self.start()

    def take(self, event, data, event_id):
        self.events += 1
        if event == "reset":
            self.resets += 1
            self.state, self.reset_of = {}, self.last_id
        elif event == "position":
            self.state[data["id"]] = data
        elif event == "leave":
            self.state.pop(data["client"], None)
        if event_id:
            if self.reset_of and self.reset_of[:16] == event_id[:16]:
                self.wrong.append("reset after %s by the same herd-web: %s" % (self.reset_of, event_id))
            self.last_id, self.reset_of = event_id, None

    def follow(self):
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        fields = {"Last-Event-ID": self.last_id} if self.last_id else {}
        self.connection.request("GET", "/v1/watch?" + self.query, headers=fields)
        self.socket = self.connection.sock
        answer = self.connection.getresponse()
        if answer.status != 200:
            self.wrong.append("answered %d" % answer.status)
        fields = {}
        while not self.ended:
            line = answer.readline().decode()
            if not line:
                return
            if line == "\n":
                if "data" in fields:
                    self.take(fields.get("event", "message"), json.loads(fields["data"]), fields.get("id"))
                    time.sleep(self.pause_s)
                fields = {}
            elif ": " in line:
                name, _, value = line[:-1].partition(": ")
                fields[name] = value

    def run(self):
        while not self.ended:
            try:
                self.follow()
            except (OSError, http.client.HTTPException):
                pass
            self.connection.close()
            time.sleep(0.02)

    def end(self):
        self.ended = True
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except (AttributeError, OSError):
            pass
        self.join(20)
