"""What comes of a case: samples of each peer, medians, figures with their bars."""
import statistics

REACHED = "reached"
MISSED = "MISSED"
REPORTED = "reported"
REFUSED = "REFUSED"
RATES = ("lines_per_s", "updates_per_s")  # what a generator that is always busy may have limited
GENERATOR_SHARE = "generator_share"  # of a processor, by herd-bench itself
GENERATOR_MOST = 0.9  # herd-bench's own table has the same


def median(samples, name):
    return statistics.median(sample[name] for sample in samples)


def verdict(value, bar, most):
    """`bar` None: the figure is only reported; `most`: the bar is not to be exceeded."""
    if bar is None:
        return REPORTED
    return REACHED if (value <= bar if most else value >= bar) else MISSED


class Result:
    """A case's, as it goes into the JSON."""

    def __init__(self, settings):
        self.settings = list(settings)
        self.samples = {}
        self.figures = []
        self.notes = []

    def add(self, peer, sample):
        self.samples.setdefault(peer, []).append(sample)

    def median(self, peer, name):
        return median(self.samples[peer], name)

    def is_limited(self, peer, name):
        """Whether the rate is perhaps the generator's, which was busy all the time, and the peer could do more."""
        samples = self.samples[peer]
        return (name in RATES and all(GENERATOR_SHARE in sample for sample in samples) and
                median(samples, GENERATOR_SHARE) > GENERATOR_MOST)

    def refuse(self, title, one, other):
        """A verdict that the generator may have made. What was missed by too slow a peer beside us, or reached by us with
        too slow a generator, stays."""
        figure = self.figures[-1]
        flattered = figure["verdict"] == REACHED and self.is_limited(*other)
        wronged = figure["verdict"] == MISSED and self.is_limited(*one)
        if flattered or wronged:
            figure["verdict"] = REFUSED
            limited = other[0] if flattered else one[0]
            self.notes.append(f"{title}: refused, herd-bench was busy {self.median(limited, GENERATOR_SHARE):.0%} of the time "
                              f"with {limited}: that it was the bottleneck cannot be ruled out")

    def refuse_busy(self, peer):
        """The figure just made, of times, if herd-bench was busy all the time: it was late itself."""
        figure = self.figures[-1]
        share = self.median(peer, GENERATOR_SHARE)
        if share > GENERATOR_MOST and figure["verdict"] == MISSED:
            figure["verdict"] = REFUSED
            self.notes.append(f"{figure['title']}: refused, herd-bench was busy {share:.0%} of the time")

    def figure(self, title, value, unit="", least=None, most=None, spread=None):
        """One figure of the table; `spread`: the smallest and the largest of the rounds."""
        bar = least if least is not None else most
        worst = None if bar is None or not spread else spread[1] if most is not None else spread[0]
        self.figures.append({"title": title, "value": value, "unit": unit, "bar": bar, "worst": worst,
                             "is_most": most is not None, "spread": spread,
                             "verdict": verdict(value, bar, most is not None)})

    def ratio(self, title, one, other, least=None, most=None, unit="x"):
        """Median by median; `one` and `other` are (peer, name). The spread is that of rounds, each by itself."""
        rounds = [mine[one[1]] / theirs[other[1]]
                  for mine, theirs in zip(self.samples[one[0]], self.samples[other[0]]) if theirs[other[1]] > 0]
        below = self.median(*other)
        if below == 0:
            self.notes.append(f"{title}: not known, what it is compared with is 0")
            return
        self.figure(title, self.median(*one) / below, unit, least, most,
                    (min(rounds), max(rounds)) if rounds else None)
        self.refuse(title, one, other)

    def values(self, title, peer, name, unit, least=None, most=None):
        """The median of a peer's samples."""
        values = [sample[name] for sample in self.samples[peer]]
        self.figure(title, self.median(peer, name), unit, least, most, (min(values), max(values)))

    def as_json(self):
        medians = {peer: {name: median(samples, name) for name in samples[0]}
                   for peer, samples in self.samples.items()}
        return {"settings": self.settings, "figures": self.figures, "medians": medians,
                "samples": self.samples, "notes": self.notes}
