"""Processes of a comparison: started, measured by /proc, ended by their ids; free ports."""
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")
# Below the ports that the kernel gives to outgoing connections, and away from those of tests/support/port.c.
PORTS = range(12000, 20000)
START_LIMIT_S = 60
STOP_LIMIT_S = 10


class Failure(Exception):
    """What a comparison cannot go on after; its text is for people."""


def wait_for(condition, what, limit_s=START_LIMIT_S, pause_s=0.01):
    """Returns what `condition` returns as soon as that is true."""
    end = time.monotonic() + limit_s
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {limit_s} s")
        time.sleep(pause_s)


def free_port():
    """A port on which nobody listens at this moment."""
    for _ in range(1000):
        port = random.choice(PORTS)
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Failure("no free port")


def ticks_of(stat):
    """utime + stime of the text of /proc/PID/stat or /proc/PID/task/TID/stat (proc(5)), seconds."""
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


class Child:
    """A process that one of ours has started."""

    def __init__(self, pid):
        self.pid = pid

    def cpu_s(self):
        return ticks_of(read(f"/proc/{self.pid}/stat"))

    def resident_size(self):
        """Bytes in memory."""
        return int(read(f"/proc/{self.pid}/statm").split()[1]) * PAGE_SIZE


class Process(Child):
    """A server in the background; it ends with the runner, however that ends."""

    def __init__(self, name, argv, folder):
        self.name = name
        self.output = os.path.join(folder, name + ".out")
        if shutil.which("setpriv"):
            argv = ["setpriv", "--pdeathsig", "KILL", *argv]
        with open(self.output, "wb") as output:
            self.child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output,
                                          stderr=subprocess.STDOUT, cwd=folder)
        super().__init__(self.child.pid)

    def children(self):
        """Its children (proc(5): the kernel has CONFIG_PROC_CHILDREN)."""
        pids = read(f"/proc/{self.pid}/task/{self.pid}/children").split()
        return [Child(int(pid)) for pid in pids]

    def expect_alive(self):
        if self.child.poll() is not None:
            raise Failure(f"{self.name} ended: {read(self.output).strip()[-1000:]}")

    def threads_cpu_s(self):
        """Processor seconds by the threads' names."""
        times = {}
        for task in os.listdir(f"/proc/{self.pid}/task"):
            folder = f"/proc/{self.pid}/task/{task}"
            name = read(folder + "/comm").strip()
            times[name] = times.get(name, 0) + ticks_of(read(folder + "/stat"))
        return times

    def written_size(self):
        """Bytes that it, and its children that have ended, sent to disks: pages that it made dirty (proc(5))."""
        return int(re.search(r"^write_bytes: (\d+)$", read(f"/proc/{self.pid}/io"), re.MULTILINE).group(1))

    def stop(self):
        """SIGTERM, and SIGKILL to one that does not end."""
        if self.child.poll() is None:
            self.child.terminate()
        try:
            self.child.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


class Workspace:
    """Folder and processes of one case; a context: all is gone at its end."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = []

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        return self

    def __exit__(self, kind, error, trace):
        # All at once: a node waits for its neighbours when it ends.
        for process in self.processes:
            if process.child.poll() is None:
                process.child.terminate()
        for process in self.processes:
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def subfolder(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(path)
        return path

    def start(self, name, argv, folder=None):
        process = Process(name, argv, folder or self.folder)
        self.processes.append(process)
        return process


def end_on_signals():
    """SIGTERM and SIGHUP end the runner as Ctrl-C does: through all the contexts."""
    def end(number, _):
        signal.signal(number, signal.SIG_IGN)
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
