"""What comes of a case: samples of each peer, medians, figures with their bars."""
import statistics

REACHED = "reached"
MISSED = "MISSED"
REPORTED = "reported"


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

    def figure(self, title, value, unit="", least=None, most=None, spread=None):
        """One figure of the table; `spread`: the smallest and the largest of the rounds."""
        bar = least if least is not None else most
        self.figures.append({"title": title, "value": value, "unit": unit, "bar": bar,
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

    def values(self, title, peer, name, unit, least=None, most=None):
        """The median of a peer's samples."""
        values = [sample[name] for sample in self.samples[peer]]
        self.figure(title, self.median(peer, name), unit, least, most, (min(values), max(values)))

    def as_json(self):
        medians = {peer: {name: median(samples, name) for name in samples[0]}
                   for peer, samples in self.samples.items()}
        return {"settings": self.settings, "figures": self.figures, "medians": medians,
                "samples": self.samples, "notes": self.notes}
