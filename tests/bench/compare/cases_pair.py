"""Cases about one pair: places, many clients, two front-ends, the traffic log."""
import itertools
import math
import os

import redis as redis_servers
from generator import fill, measure
from herd import PAIR, SETTINGS, Herd
from process import Failure
from redis import Redis
from result import Result

MEMBER = "Goloman"
IDS = 100_000
EARTH_KM = 6371
NEAR_KM = 8  # herd-bench's clients are within a kilometre of a place: what is near is within 10 km of them
DENSE = 6  # places near a place, itself among them: each answer has five


def position(row):
    """Of a row of GeoNames: kilometres from the centre of the earth."""
    north, east = math.radians(float(row[4])), math.radians(float(row[5]))
    return (EARTH_KM * math.cos(north) * math.cos(east), EARTH_KM * math.cos(north) * math.sin(east),
            EARTH_KM * math.sin(north))


def cell_of(point):
    return tuple(int(part // NEAR_KM) for part in point)


def is_dense(point, cells):
    home = cell_of(point)
    near = 0
    for step in itertools.product((-1, 0, 1), repeat=3):
        for other in cells.get((home[0] + step[0], home[1] + step[1], home[2] + step[2]), ()):
            near += math.dist(point, other) < NEAR_KM
            if near == DENSE:
                return True
    return False


def write_dense_places(path, places):
    """Writes the rows of `places` that have at least five others near them; how many there are."""
    with open(places, encoding="utf-8") as file:
        rows = [(line, position(line.split("\t"))) for line in file]
    cells = {}
    for _, point in rows:
        cells.setdefault(cell_of(point), []).append(point)
    dense = [line for line, point in rows if is_dense(point, cells)]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(dense)
    return len(dense)


class Whatsat:
    """Places around clients: the herd's JSON beside Redis's arrays."""

    name = "whatsat"
    title = "one pair, WHATSAT 10 km 5, local places, 50 x 16"

    def run(self, context, workspace):
        dense = os.path.join(workspace.folder, "dense.tsv")
        count = write_dense_places(dense, context.places)
        herd = Herd(context, workspace, "herd", PAIR).start()
        redis = Redis(workspace)
        peers = {"herd": ("herd", herd, herd.ports[MEMBER]), "redis": ("redis", redis, redis.port)}
        fill(context, "herd", herd.ports[MEMBER], IDS, around=dense)
        loaded = redis.load_places(context.places)
        result = Result([SETTINGS, redis_servers.SETTINGS,
                         f"redis: {loaded} places of the same file by GEOADD, asked GEOSEARCH ... FROMLONLAT (the client's "
                         "position) BYRADIUS 10 km ASC COUNT 5 WITHCOORD; the herd looks the position up",
                         f"herd-bench: --clients 50 --pipeline 16 --mix whatsat:1 --ids {IDS}, all IDs known before, "
                         f"--around the {count} places with five others within 8 km"])
        for _ in context.rounds_of(self):
            for name, (peer, server, port) in peers.items():
                result.add(name, measure(context, peer, server, port, clients=50, pipeline=16, ids=IDS, no_fill=True,
                                         duration=context.seconds, mix="whatsat:1", around=dense))
        if min(result.median(peer, "results") for peer in peers) < 4.9:
            raise Failure("the answers hold fewer than five places")
        result.ratio("lines/s: herd / GEOSEARCH", ("herd", "lines_per_s"), ("redis", "lines_per_s"), least=1)
        result.ratio("server CPU a line: herd / GEOSEARCH", ("herd", "cpu_us"), ("redis", "cpu_us"))
        return result


class Pairs:
    """The main case of several herds of one pair, in turns."""

    options = {"clients": 50, "pipeline": 32, "mix": "iamat:1"}

    def measure(self, context, result, herds, ids, threads=False):
        for name, herd in herds.items():
            fill(context, "herd", herd.ports[MEMBER], ids[name])
        for _ in context.rounds_of(self):
            for name, herd in herds.items():
                result.add(name, measure(context, "herd", herd, herd.ports[MEMBER], threads, ids=ids[name],
                                         duration=context.seconds, no_fill=True, **self.options))


class Ids(Pairs):
    """What a line costs where the records do not fit into the processor's caches."""

    name = "ids"
    title = "one pair, IAMAT, 50 x 32: 1 thousand and 5 million client IDs"

    def run(self, context, workspace):
        ids = {"few": 1000, "many": context.scaled(5_000_000)}
        herds = {name: Herd(context, workspace, name, PAIR).start() for name in ids}
        result = Result([SETTINGS, f"herd-bench: --clients 50 --pipeline 32 --mix iamat:1, --ids {ids['few']} and "
                         f"--ids {ids['many']}, all IDs known before"])
        self.measure(context, result, herds, ids)
        result.ratio(f"server CPU a line: {ids['many']} IDs / 1000", ("many", "cpu_us"), ("few", "cpu_us"), most=1.6)
        result.ratio("time a line (of lines/s), the same", ("few", "lines_per_s"), ("many", "lines_per_s"))
        return result


class Traffic(Pairs):
    """What it costs to log each line received and answered, as lines and as records."""

    name = "traffic"
    title = "one pair, IAMAT, 50 x 32: traffic log off, as lines, as records"

    def run(self, context, workspace):
        herds = {name: Herd(context, workspace, name, PAIR, {"traffic": traffic}).start()
                 for name, traffic in (("no", "no"), ("yes", "yes"), ("binary", "binary"))}
        result = Result([SETTINGS + ", and \"yes\" and \"binary\" beside it",
                         f"herd-bench: --clients 50 --pipeline 32 --mix iamat:1 --ids {IDS}, all IDs known before"])
        self.measure(context, result, herds, {name: IDS for name in herds})
        for name, least in (("yes", 0.75), ("binary", 0.88)):
            result.ratio(f"lines/s: {name} / no", (name, "lines_per_s"), ("no", "lines_per_s"), least=least)
            result.ratio(f"server CPU a line: {name} / no", (name, "cpu_us"), ("no", "cpu_us"))
        return result


class Frontends(Pairs):
    """Two front-ends on one node, and where processor time goes."""

    name = "frontends"
    title = "IAMAT, 50 x 32: one and two front-ends on one node"

    def run(self, context, workspace):
        herds = {name: Herd(context, workspace, name, PAIR).start() for name in ("one", "two")}
        herds["two"].start_frontend(MEMBER)
        herds["two"].wait_frontends(MEMBER, 2)
        result = Result([SETTINGS + "; \"two\": two herd-frontend processes share the client port",
                         f"herd-bench: --clients 50 --pipeline 32 --mix iamat:1 --ids {IDS}, all IDs known before"])
        self.measure(context, result, herds, {name: IDS for name in herds}, threads=True)
        result.ratio("lines/s: two / one", ("two", "lines_per_s"), ("one", "lines_per_s"))
        result.ratio("server CPU a line: two / one", ("two", "cpu_us"), ("one", "cpu_us"))
        return result
