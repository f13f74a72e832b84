"""Two devices at one version: what the rules say, and which streams bear them out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from vmsgen.compat.exhaustive import ALL, NONE, Budget, EveryState
from vmsgen.compat.expressions import asked
from vmsgen.compat.finding import BREAKS, LOADS, MAY, UNLESS, WIRE, Finding, Verdict, Witness
from vmsgen.compat.outcome import Outcome, outcome
from vmsgen.compat.pairs import AlignedProgram, pair
from vmsgen.compat.receiver import receiver_state
from vmsgen.compat.rules import RULES, Difference, Rule
from vmsgen.compat.rules.devices import NET
from vmsgen.compat.rules.new_versions import MINIMUM
from vmsgen.compat.rules.rule import value_of
from vmsgen.compat.rules.subsections import sent
from vmsgen.compat.states import LARGE, Candidate, States, is_huge, numbers_in
from vmsgen.compat.steer import Tries, Want, of_the_second
from vmsgen.compat.trace import OTHERWISE, Saved, save
from vmsgen.interpret import Refusal, State
from vmsgen.model.description import Description
from vmsgen.model.expressions import Constant, Expression, Within
from vmsgen.model.types import Struct, structs_in
from vmsgen.model.wire import Constraint, RangeConstraint

DRAWN = 12
"""States drawn at random, for each version."""

MANY = 50_000
"""Where more numbers than these are to be written for all that is asked, a difference is tried until it is shown."""

OTHERS = -1

HOOKS_DECIDE = ", since the bytes of a `custom` field decide"
BREAKS_BEFORE = ", but what else breaks may come first"
NOT_ALL = ", and not all states that might were tried: too many conditions ask for the same numbers"
NONE_TRIED = ", and none was tried: the state is too large"
"""Why there is none."""


@dataclass(frozen=True)
class Effort:
    """What may still be spent on a device, all its versions together; `tick` is called for each stream."""

    budget: Budget
    tries: Tries
    tick: Callable[[], None]


@dataclass(frozen=True)
class _Found:
    rule: Rule
    difference: Difference


class AtVersion:
    """`drawn` states are tried at random, beside those that the rules ask for.

    `backward` says that the receiver is the older one.
    """

    def __init__(
        self,
        sender: Description,
        receiver: Description,
        version: int,
        drawn: int,
        backward: bool,
        effort: Effort,
    ) -> None:
        self.backward = backward
        self.effort = effort
        self.pair = pair(sender, receiver, version)
        self.itself = pair(sender, sender, version)
        self.every = EveryState(self.pair, effort.budget)
        asked = tuple(dict.fromkeys((*predicates(sender), *predicates(receiver))))
        self.numbers = numbers_in(Struct(sender))
        self.large = self.numbers > LARGE
        checks = tuple(_demands(self.itself.programs[0]))
        self.states = States(sender, version, asked, 0 if self.large else drawn, checks, effort.tries)
        self.huge = is_huge(sender) or is_huge(receiver)
        self.hooked = any(slot.custom for program in self.pair.programs for slots in program.slots for slot in slots)
        self.readable = receiver.minimum_version <= version <= receiver.version

    def compare(self) -> tuple[Verdict, list[Finding]]:
        # What the two say of a version that only one of them has cannot be compared: that it has not is all there is.
        rules = RULES if self.readable else [rule for rule in RULES if rule.id == "version-range"]
        found = [_Found(rule, difference) for rule in rules for difference in rule.find(self.pair)]
        outcomes = self._outcomes(found)
        failed = [one for one in outcomes if one.witness is not None and one.certain]
        shown, rest = _attribute(found, failed)
        unsure, unknown = _attribute(found, [one for one in outcomes if not one.certain])
        # Where one that is shown always breaks no other one changes what is said.
        settled = any(not found[number].difference.loads_if for number in shown)
        findings = []
        for number, one in enumerate(found):
            witness = shown.get(number)
            if witness is None and not settled and self._how_many(one) == NONE:
                continue
            if witness is not None and len(failed) == len(outcomes) and not settled and self._how_many(one) == ALL:
                one = replace(one, difference=replace(one.difference, loads_if=""))
                settled = True
            findings.append(self._finding(one, witness, self._why_not(number in unsure, bool(failed))))
        if rest or unknown:
            findings.append(self._net([*rest, *unknown][0], len(rest) == len(outcomes)))
        if self._untried and not any(finding.unproved or finding.witness for finding in findings):
            findings.append(self._nothing_shown())
        verdict = self._verdict(findings, len(outcomes), len(failed))
        if verdict.verdict == LOADS:
            # There is nothing to refuse or to read in another way.
            findings = [finding for finding in findings if finding.rule != MINIMUM.id]
        return verdict, findings

    @property
    def _untried(self) -> str:
        """Why not all states were tried that might show something; empty if they were."""
        if self.huge:
            return NONE_TRIED
        return "" if self.effort.tries.left else NOT_ALL

    def _why_not(self, unsure: bool, failed: bool) -> str:
        if self.huge:
            return NONE_TRIED
        if unsure:
            return HOOKS_DECIDE
        if self._untried:
            return self._untried
        return BREAKS_BEFORE if failed else ""

    def _how_many(self, one: _Found) -> str | None:
        """The states that show it, as far as that can be told."""
        shows = one.difference.shows
        return None if shows is None else self.every.how_many(shows)

    def _verdict(self, findings: list[Finding], tried: int, failed: int) -> Verdict:
        broken = [finding for finding in findings if finding.witness is not None]
        if broken:
            # What else breaks may hide that something always does.
            asked = [f for f in findings if f.unproved] if failed == tried else []
            said = UNLESS if all(finding.loads_if for finding in (*broken, *asked)) else BREAKS
        else:
            said = MAY if any(finding.unproved for finding in findings) else LOADS
        conditions = broken if said == UNLESS else []
        loads_if = tuple(dict.fromkeys(finding.loads_if for finding in conditions))
        return Verdict(self.pair.sender.wire_name, self.pair.version, said, tried, failed, loads_if)

    def _outcomes(self, found: list[_Found]) -> list[Outcome]:
        """One for each stream that was tried."""
        if self.huge:
            return []
        asked = self._asked(found)
        many = len(asked) * max(self.numbers, sum(len(one.slots[0]) for one in self.pair.programs)) > MANY
        shown: set[int] = set()
        seen: dict[bytes, list[tuple[Candidate, Saved]]] = {}
        made: list[Outcome] = []
        alone = () if many or self.large else self._alone(found, made)
        for candidate in chain(self._candidates(asked, shown), alone):
            self.effort.tick()
            # Each takes seconds: enough is one for every difference.
            if self.large and sum(one.witness is not None for one in made) > len(asked):
                break
            saved = self._saved(candidate)
            if saved is None or self._was_tried(candidate, saved, seen):
                continue
            own = outcome(self.itself, candidate, saved)
            # A stream that its own sender would not load teaches nothing.
            if own.witness is None:
                made.append(self._judged(outcome(self.pair, candidate, saved, own.loaded), own.loaded))
                if many and made[-1].witness is not None and made[-1].certain:
                    shown.update(_attribute(found, made[-1:])[0])
        return made

    def _asked(self, found: list[_Found]) -> dict[tuple[Want, ...], set[int]]:
        """What is to be tried, and the numbers of the differences that it is for, OTHERS for what is always tried."""
        asked: dict[tuple[Want, ...], set[int]] = {}
        for number, one in enumerate(found):
            for wants in one.difference.wants if one.rule.needs_witness else ():
                asked.setdefault(wants, set()).add(number)
        others = [wants for one in found if not one.rule.needs_witness for wants in one.difference.wants if wants]
        # What stands in front of a subsection may take it for its own: each is sent once, whatever the rules say.
        others += [wants for both in self.pair.subsections if both.sender is not None for wants in sent(both.sender)]
        for wants in others:
            asked.setdefault(wants, set()).add(OTHERS)
        for wants, numbers in list(asked.items()):
            asked.setdefault(of_the_second(wants), set()).update(numbers)
        return asked

    def _candidates(self, asked: dict[tuple[Want, ...], set[int]], shown: set[int]) -> Iterator[Candidate]:
        """One after the other; none for differences that are `shown` by then."""
        bases = self.states.bases()
        yield from bases
        for wants, numbers in asked.items():
            for base in bases[:1] if self.large else bases:
                if not numbers <= shown:
                    yield from self.states.steered(wants, [base])
        yield from self.states.drawn()

    def _alone(self, found: list[_Found], made: list[Outcome]) -> Iterator[Candidate]:
        """For differences that none of the streams `made` by then shows: states in which others do not show."""
        failed = [one for one in made if one.witness is not None and one.certain]
        shown = _attribute(found, failed)[0]
        bases = self.states.bases() if failed else []
        for number, one in enumerate(found):
            if number in shown or not one.rule.needs_witness:
                continue
            others = [other.difference.shows or () for n, other in enumerate(found) if n != number]
            last = [wants[-1] for alternatives in others for wants in alternatives if wants]
            avoided = tuple(replace(want, holds=not want.holds) for want in last)
            for wants in one.difference.wants if avoided else ():
                yield from self.states.steered((*avoided, *wants), bases)

    def _judged(self, made: Outcome, own: State | None) -> Outcome:
        """Nothing is certain where other bytes of hooks would have made a difference: OLD may write any."""
        for written in OTHERWISE if self.hooked and made.witness is not None else ():
            other = replace(made.candidate, written=written)
            saved = self._saved(other)
            if saved is None or outcome(self.pair, other, saved, own).failed != made.failed:
                return replace(made, certain=False)
        return made

    def _was_tried(self, candidate: Candidate, saved: Saved, seen: dict[bytes, list[tuple[Candidate, Saved]]]) -> bool:
        """Was a stream like this one, from a sender that was set up alike?"""
        others = seen.setdefault(saved.data, [])
        if any(candidate.answers == one.answers and self._alike(candidate, saved, one, was) for one, was in others):
            return True
        others.append((candidate, saved))
        return False

    def _alike(self, candidate: Candidate, saved: Saved, other: Candidate, was: Saved) -> bool:
        if saved.pieces != was.pieces:
            return False
        return receiver_state(self.itself, candidate.state) == receiver_state(self.itself, other.state)

    def _saved(self, candidate: Candidate) -> Saved | None:
        try:
            return save(self.pair.sender, candidate.state, self.pair.version, candidate.model)
        except Refusal:
            return None

    def _finding(self, one: _Found, witness: Witness | None, why_not: str) -> Finding:
        rule, difference = one.rule, one.difference
        unproved = rule.needs_witness and witness is None
        why = difference.why
        if unproved:
            why += f"; no stream was found that shows it{why_not}"
        fix = difference.back if self.backward and difference.back else difference.fix
        return Finding(
            rule.id, rule.category, self.pair.sender.wire_name, difference.path, (), why, fix,
            difference.loads_if, witness, unproved,
        )  # fmt: skip

    def _net(self, failure: Outcome, always: bool) -> Finding:
        """Of a stream that does not load for a reason that no rule has, for certain or not; `always`: none does."""
        path = next((name for name in failure.blamed if name), "")
        why = "the receiver does not take a stream of the sender for what it is"
        why += "" if failure.certain else f"; no stream was found that shows it{HOOKS_DECIDE}"
        fix = "compare the two around this place"
        name = self.pair.sender.wire_name
        loads_if = "" if always or not failure.certain else "the state is another one"
        witness = failure.witness if failure.certain else None
        return Finding(NET.id, WIRE, name, path, (), why, fix, loads_if, witness, witness is None)

    def _nothing_shown(self) -> Finding:
        why = (
            "nothing says that a stream is taken for something else; no stream was found that shows it" + self._untried
        )
        fix = "try it with states of the program's own"
        return Finding(NET.id, WIRE, self.pair.sender.wire_name, "", (), why, fix, unproved=True)


def _demands(program: AlignedProgram) -> Iterator[Expression]:
    """What a save asks of every state: checks, and bounds that are no constants."""
    for check in program.sender_checks:
        if not check.guards and not check.loops:
            yield check.condition
    for slot in program.slots[0]:
        if slot.guards or slot.loops:
            continue
        if slot.count is not None:
            yield Within(slot.count, Constant(0), Constant(slot.dimensions[0]))
        value = value_of(slot)
        if value is None:
            continue
        for constraint in slot.constraints:
            condition = asked(constraint, value)
            if condition is not None and not _is_constant(constraint):
                yield condition


def _is_constant(constraint: Constraint) -> bool:
    return isinstance(constraint, RangeConstraint) and all(
        isinstance(end, Constant) for end in (constraint.low, constraint.high)
    )


def _attribute(found: list[_Found], failed: list[Outcome]) -> tuple[dict[int, Witness], list[Outcome]]:
    """The first failing stream of each difference, and the streams that none explains."""
    shown: dict[int, Witness] = {}
    rest: list[Outcome] = []
    for failure in failed:
        assert failure.witness is not None
        ranks: dict[int, int] = {}
        for number, one in enumerate(found):
            if not one.rule.needs_witness or not one.rule.explains(failure.witness.code):
                continue
            places = [place for place, name in enumerate(failure.blamed) if name in one.difference.names]
            if places:
                ranks[number] = places[0]
        if not ranks:
            rest.append(failure)
            continue
        least = min(ranks.values())
        for number, rank in ranks.items():
            if rank == least:
                shown.setdefault(number, failure.witness)
    return shown, rest


def predicates(description: Description) -> tuple[str, ...]:
    """The questions that a device model is asked, those of embedded structs included."""
    inner = [struct.description for member in description.members for struct in structs_in(member.type)]
    return tuple(dict.fromkeys((*description.predicates, *(name for one in inner for name in predicates(one)))))
