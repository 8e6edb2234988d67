"""What the figures were measured on and with."""
import datetime
import os
import platform
import re
import subprocess
import time

from process import read


def said(*argv):
    try:
        return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout.decode().strip()
    except OSError:
        return ""


def first(pattern, text):
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1).strip() if found else "unknown"


TICKS = os.sysconf("SC_CLK_TCK")


class Others:
    """Processor time that was not ours, from its making until `processors` is called, when our processes have ended:
    of all others, and what a hypervisor gave to other machines."""

    def __init__(self):
        self.begun = time.monotonic()
        self.before_s = self.spent_s()

    @staticmethod
    def spent_s():
        user, nice, system, _, _, irq, soft_irq, steal = (int(field) for field in read("/proc/stat").split("\n", 1)[0].split()[1:9])
        return (user + nice + system + irq + soft_irq + steal) / TICKS - sum(os.times()[:4])

    def processors(self):
        return max(self.spent_s() - self.before_s, 0) / max(time.monotonic() - self.begun, 0.01)


def describe(root, programs):
    """Flat texts and numbers, for the JSON."""
    memory_kib = first(r"^MemTotal:\s*(\d+)", read("/proc/meminfo"))
    return {
        "processor": first(r"^model name\s*:\s*(.*)$", read("/proc/cpuinfo")),
        "processors": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(memory_kib) / 2**20, 1) if memory_kib.isdigit() else 0,
        "kernel": platform.release(),
        "system": first(r'^PRETTY_NAME="?([^"\n]*)', read("/etc/os-release")),
        "load_before": os.getloadavg()[0],
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": said("git", "-C", root, "describe", "--always", "--dirty", "--abbrev=12"),
        "herd": said(os.path.join(programs, "herd-bench"), "--version"),
        "redis": first(r"v=(\S+)", said("redis-server", "--version")),
        "nginx": first(r"nginx/(\S+)", said("/usr/sbin/nginx", "-v")),
        "valkey": first(r"v=(\S+)", said("valkey-server", "--version")),
        "libzmq": said("pkg-config", "--modversion", "libzmq") or "unknown",
    }
