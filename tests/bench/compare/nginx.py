"""nginx, which answers 204 to whatever it is asked: what an HTTP server costs that does nothing."""
import os
import shutil

from generator import bench
from process import Failure, free_port, wait_for

PROGRAM = "nginx"
FOLDERS = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
NO_NGINX = "no nginx beside it: it is not installed (Debian: apt-get install nginx)"
SETTINGS = "nginx: one worker process, answers 204, no log, else its defaults"
CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 16384; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 204; }}
    }}
}}
"""


def has_nginx():
    return shutil.which(PROGRAM, path=FOLDERS) is not None


class Nginx:
    """Owner: the workspace, which ends the processes."""

    def __init__(self, context, workspace):
        self.port = free_port()
        folder = workspace.subfolder("nginx")
        path = os.path.join(folder, "nginx.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(folder=folder, port=self.port))
        os.chmod(folder, 0o755)  # its worker may be another user
        self.process = workspace.start("nginx", [shutil.which(PROGRAM, path=FOLDERS), "-c", path, "-e", f"{folder}/error.log",
                                                 "-p", folder], folder)
        wait_for(lambda: self.serves(context), "nginx")

    def serves(self, context):
        self.process.expect_alive()
        try:
            bench(context, "http", self.port, clients=1, ids=1, duration=0)
            return True
        except Failure:
            return False

    def workers(self):
        """The process that answers is a child of the one that was started."""
        return [self.process, *self.process.children()]

    def processes(self):
        return self.workers()

    def parts(self):
        return {"nginx": self.workers()}
