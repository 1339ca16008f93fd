"""How often each action was accepted and refused."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Accepted and refused by action; refusals by what was said, too."""

    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    words: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def steps(self) -> int:
        return self.accepted.total() + self.refused.total()

    def share(self, action: str) -> float:
        """Return in which share of all steps an action was accepted."""
        return self.accepted[action] / max(1, self.steps)

    def table(self) -> str:
        """Return the table that the test prints."""
        names = sorted(self.accepted.keys() | self.refused.keys())
        lines = [f"{'action':<22}{'accepted':>9}{'refused':>9}{'share':>8}{'ms':>6}   refused most often because"]
        for name in names:
            tries = self.accepted[name] + self.refused[name]
            most = Counter({why: n for (action, why), n in self.words.items() if action == name}).most_common(1)
            why = f"{most[0][0]} ({most[0][1]})" if most else ""
            lines.append(
                f"{name:<22}{self.accepted[name]:>9}{self.refused[name]:>9}{self.share(name):>8.1%}"
                f"{1000 * self.seconds[name] / tries:>6.0f}   {why[:90]}"
            )
        lines.append(f"{'all':<22}{self.accepted.total():>9}{self.refused.total():>9}")
        return "\n".join(lines)
