"""What an audit's page says to somebody who has never seen one: a plain sentence, what to do, and every term."""

from .checks import KNOWING, UNLIKE
from .walk import LEVEL, TOO_LOW, smallest_p

# By how a verdict begins: the sentence that a page begins with, and what it means for who has to decide.
_PLAIN = {
    "Copies": (
        "This model copies its training rows: {named} can be named.",
        "Rows that the model was trained on come back from it, exactly or nearly. Look at the named rows before the "
        "model, or anything that it made, leaves your hands; where rows are of people, treat what it made as data of "
        "these people. Of the names about {level:.0%} may be there by chance.",
    ),
    "Leans": (
        "This model stays closer to its training rows than chance allows, but no single row can be named.",
        "What it makes depends on rows that it was trained on. Before you rely on it, audit it again with more "
        "generated and more held-out rows, so that the rows can be named, or train it to keep less.",
    ),
    "Can't tell": (
        "This audit cannot tell whether the model copies.",
        "It neither accuses nor clears the model; the line with the numbers below says why. See to the warnings and to "
        "what the test rests on, then audit again.",
    ),
    "No sign of copying": (
        "No sign of copying was found.",
        "What the model made is no nearer to the rows that it was trained on, beyond chance, than to rows that it has "
        "never seen. This "
        "is no proof of privacy: read below what was not tested.",
    ),
}

NOT_TESTED = (
    "Copies that do not look near in any of the ways rows were compared{such}.",
    "Copies of rows that stand among the held-out rows as well, or that nearly do.",
    "What the model would give out if it were asked more often, or in another way: only the rows handed in were seen.",
    "Whether it can be told from the model itself, or by an attacker who knows more, that somebody was trained on.",
    "Anything, if the held-out rows are not a random part of the same data.",
)

# By check: what to do where it does not hold.
ADVICE = {
    "held-out rows are like training rows": "Set rows aside at random, before training, fit features to no side alone, "
    "and audit again; until then the result means nothing.",
    "no near-duplicates across the split": "Copies of these rows go unseen. If rows belong together, such as those of "
    "one person, say so with groups=, or set whole groups aside.",
    "no more held-out rows stand in train than by chance": "Leave equal rows in, they are accounted for; but ask "
    "whether rows were set aside at random, and whether those of one person were split.",
    "no row was taken from one side because it stands on the other": "Put the rows back, or set rows aside anew after "
    "repeated ones were dropped from all of the data: clearing one side alone makes honest models look guilty.",
    "no circles of near rows span the split": "Ask whether these rows belong together, as several visits of one person "
    "do. If so, say so with groups=, or set whole groups aside. If not, leave them.",
    "rows were put on the sides one by one": "Rows that belong together were set aside together: say so with groups=, "
    "or the p-value is too small.",
}

GLOSSARY = {
    "Training rows": "the data that the model was trained on. A row is one record, picture or text.",
    "Held-out rows": "rows of the same data that were set aside at random and that the model has never seen. They show "
    "how near a model comes by chance alone.",
    "Generated rows": "what the model made, as handed in for this audit.",
    "Hit": "a training or held-out row that is the nearest one to some generated row.",
    "Distance": "how unlike two rows are; 0 for equal ones.",
    "Ratio": "how close a generated row sits: its distance to the nearest row, over that to the sixth nearest. Near 0 "
    "for a copy, mostly above .5 for rows that nobody copied.",
    "Walk": "the hits one by one, from the closest on, as the right picture has them: up at each training row, "
    "down at each held-out row, so that chance stays level.",
    "Dose": "the share of generated rows whose source is their nearest row: 0 is expected of a model that does not "
    "copy, 1 of one that copies each time. It is no share of people, and counts those copies only that stay nearer to "
    "their source than to any other row. The more rows are held out, the fewer these are, so that doses are compared "
    "at one number of held-out rows.",
    "Interval": "the doses that agree with what was seen. It holds the true one in 95 of 100 audits.",
    "P-value": "how often a model that does not copy would look as suspicious as this one. At most .05 is asked for "
    "before anybody is accused: one such model in twenty is accused all the same.",
    "Space": "a way to compare rows, such as pixels, or pictures of equal brightness. Where there are several, the "
    "test pays for each of them, so that a model that does not copy is not accused more often.",
    "Dependence": "a model that learned from rows keeps something of them, such as their mean, so that it fits them "
    "better than rows that it has never seen. That is no copying, and many models do it; but it may be enough to guess "
    "from it that somebody was among the training rows.",
    "Relabelings": "how the p-value is found: training and held-out rows are mixed anew, many times, and the test is "
    "repeated as if the mixed labels were the true ones.",
    "Named row": "a training row that something generated sits on so closely that it is called copied. Where too few "
    "are found for the false discovery rate asked for, those closer than any held-out row are listed, and the share of "
    "them that may be there by chance is said.",
    "False discovery rate": "of the rows named, the share that is wrong on average.",
    "Exact match": "a training row that was generated without any change. That can be chance where rows are short; the "
    "exact matches with held-out rows say how often.",
    "MemGEN": "a program that stores its training rows and gives them back: the model that copies each time.",
    "Familiar models": "simple models fitted to the same training rows, for comparison. A Gaussian knows their mean "
    "and spread; a mixture of 5, 20 or 60 is made of so many Gaussians, and the more it has, the more single rows it "
    "keeps; a kernel density is a small cloud around each row.",
}


_SCORES = {
    "means": "the means of columns",
    "likelihood": "the likelihood of a Gaussian",
    "neighbors": "how densely rows lie around each",
}

# By kind: what would not be seen.
_SUCH = {
    "image": ", such as a picture turned by a few degrees",
    "text": ", such as a text in other words",
    "table": ", such as a person of whom most columns were changed",
}


def not_tested(audit):
    """What an audit does not say anything of, a list of sentences."""
    return [line.format(such=_SUCH.get(audit.stamp["kind"], "")) for line in NOT_TESTED]


def dependence(audit):
    """Whether the model depends on its training rows, beyond what the verdict says of copying, in a sentence."""
    p = f"p = {audit.leakage_p_value:.2g}"
    if audit.broken or audit.walk.p_low <= TOO_LOW:
        return f"Whether it depends on its training rows can't be told either; {p}."
    if audit.leakage_p_value > LEVEL:
        return f"Apart from distances, no sign that it depends on its training rows: {p}."
    most = _SCORES[min(audit.leakage, key=audit.leakage.get)]
    return (
        f"Apart from distances, it depends on its training rows ({p}, most of all by {most}), as a model that learned "
        "from them does; that alone is no copying."
    )


def exactly(audit):
    """How many rows were generated exactly, beside how many of held-out, and what would explain it, in a sentence."""
    shared, control = int(audit.exact_matches["in_held_out"].sum()), audit.exact_control
    more = f", {shared:,} of which stand in held-out too" if shared else ""
    said = (
        f"{len(audit.exact_matches):,} training rows were generated exactly{more}; of those in one sample only, "
        f"{control['train']:,} are of train and {control['held_out']:,} of held-out (p = {control['p_value']:.2g})."
    )
    if audit.broken != UNLIKE or control["odds"] < 1:
        return said
    return (
        f"{said} That held-out rows are unlike them explains it only if what was generated was more than "
        f"{control['odds']:,.3g} times as likely as the rest to be put into train: p is below {LEVEL:g} till then."
    )


def plain(audit):
    """(sentence, what to do): what an audit found, for somebody who knows no term of it."""
    n = len(audit.listed)
    named = f"{n:,} of them" if n > 1 else "one of them"
    for begins, (sentence, then) in _PLAIN.items():
        if audit.verdict.startswith(begins):
            return sentence.format(named=named), then.format(level=audit.level)
    raise ValueError(f"no plain words for the verdict {audit.verdict!r}")


def kept_limit(audit, limit, held_out=None):
    """A limit on the dose with so many rows held out, and whether this audit keeps it, in a sentence."""
    dose, beside = audit.dose, audit.beside
    if held_out is not None:
        dose, beside = audit.dose_at(held_out), f"as it would be beside {held_out:,} held-out rows"
    how, dose_is = f"The limit set for the dose is {limit:g}: ", f"dose {dose:z.2f} {beside}"
    if audit.exceeds(limit, held_out):
        return f"{how}it is exceeded ({dose_is}), and not by chance."
    if audit.broken:
        return f"{how}whether it is kept can't be told ({dose_is}), as {audit.broken}."
    if dose > limit:
        return f"{how}the dose is above it ({dose_is}), but by no more than chance explains."
    return f"{how}it is kept ({dose_is})." + (" Rows are named all the same." if len(audit.listed) else "")


def verdict(report):
    """What was found, in one sentence that begins as one of the plain ones does."""
    low, high = report.dose_interval
    share = f"{_share(low)} to {_share(high)}"
    share = f"{_share(report.dose)} ({share})" if low > 0 else share
    dose = f"{share} of generated rows lie nearest to a training row that is their source, {report.beside}"
    p, named, suspects = f"p = {report.p_corrected:.2g}", len(report.copies), len(report.suspects)
    if report.together > 1:
        p += f" (corrected for {report.together} audits)"
    guilty = report.p_corrected <= LEVEL
    if not report.informative:
        return f"Can't tell: every generated row is as near to all other rows as to its nearest; {p}."
    if report.walk.p_low <= TOO_LOW:
        return f"Can't tell: generated rows are nearer to held-out rows than chance explains; {p}."
    if guilty and report.broken:
        return f"Can't tell: {report.broken}, which does this to honest models too; {p}."
    if named and guilty:
        return f"Copies: {dose}; {_rows(named)} named at false discovery rate {report.stamp['q']:g}, {p}."
    if suspects and guilty:
        few = f"closer than any held-out row ({_share(report.level)} of such may be chance)"
        return f"Copies: {dose}; {_rows(suspects)} {few}, {p}."
    none = f"no row is named (the fewest would be {report.resolution:,}), {p}"
    none = f"{named:,} named, but {p}" if named else none
    if guilty:
        what = "its training rows" if low > 0 else "some training rows, too few for a dose"
        return f"Leans on {what}: {dose}; {none}."
    if high >= 0.5 or named:
        return f"Can't tell: {dose}; {none}."
    hits = len(report.walk.order)
    if smallest_p(hits, report.walk.sizes, len(report.walk.null)) > LEVEL:
        few = f"only {hits:,} real row{'s are' if hits > 1 else ' is'} nearest to what was generated"
        return f"Can't tell: {few}, too few to bound how many are copied; {p}."
    if report.broken in (UNLIKE, KNOWING):
        return f"Can't tell: {report.broken}, so that a low dose says nothing; {p}."
    may = "chance may explain that " if low > 0 else ""
    return f"No sign of copying: {may}{dose}; {none}."


def _share(x):
    per_cent = round(100 * x, 9)  # what is left of a sum that should be 0 is 0
    return f"{per_cent:z.3g}%" if abs(x) < 0.1 else f"{per_cent:.0f}%"


def _rows(count):
    return f"{count:,} training row{'s are' if count > 1 else ' is'}"
