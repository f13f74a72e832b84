"""Lists, maps and allocated arrays as Python's own, and how long their views live."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import pytest

import vmstate


def ids(jobs: Any) -> list[int]:
    return [job.id for job in jobs]


def test_a_list_is_a_mutable_sequence(store: Any) -> None:
    jobs = store.Store(jobs=[{"id": 1}]).jobs
    jobs.append({"id": 2})
    jobs.insert(0, store.Job(id=3))
    jobs.insert(-100, {"id": 4})
    assert ids(jobs) == [4, 3, 1, 2] and len(jobs) == 4
    assert jobs.pop().id == 2 and ids(jobs) == [4, 3, 1]
    del jobs[0]
    jobs[0] = {"id": 5}
    jobs += [{"id": 6}]
    assert ids(jobs) == [5, 1, 6] and ids(jobs[::-1]) == [6, 1, 5] and jobs[-1].id == 6
    jobs.reverse()
    assert ids(jobs) == [6, 1, 5] and store.Job(id=1) in jobs and jobs.index(store.Job(id=5)) == 2
    jobs.remove(store.Job(id=1))
    jobs[1:] = [{"id": 7}, jobs[0]]
    assert ids(jobs) == [6, 7, 6]
    jobs[::2] = [{"id": 8}, {"id": 9}]
    del jobs[1::-1]
    assert ids(jobs) == [9]
    jobs.clear()
    assert not jobs and list(jobs) == []


def test_what_is_put_in_is_copied(store: Any) -> None:
    device, job = store.Store(), store.Job(id=1, chunks=[{"size": 2, "data": b"ab"}])
    device.jobs = [job, job]
    job.chunks[0].data = b"cd"
    device.jobs[0].chunks[0].data[0] = ord("x")
    assert [bytes(j.chunks[0].data) for j in (*device.jobs, job)] == [b"xb", b"ab", b"cd"]


def test_too_many_change_nothing(store: Any) -> None:
    device = store.Store(jobs=[{"id": 1}, {"id": 2}])
    with pytest.raises(ValueError, match="store: jobs takes at most 4 elements, not 5"):
        device.jobs.extend([{}] * 3)
    with pytest.raises(ValueError, match="store: jobs takes at most 4 elements, not 5"):
        device.jobs = [{}] * 5
    with pytest.raises(OverflowError, match="Job: id: 65536 is out of range"):
        device.jobs = [{"id": 3}, {"id": 65536}]
    with pytest.raises(OverflowError):
        device.update(n=1, jobs=[{}], index={1: {"low": 1}, 2: {"low": -1}})
    assert (ids(device.jobs), device.n, dict(device.index)) == ([1, 2], 0, {})
    with pytest.raises(IndexError):
        del device.jobs[2]
    with pytest.raises(TypeError, match="store: jobs takes a sequence of Job"):
        device.jobs = 5
    with pytest.raises(TypeError, match="is part of a state"):
        type(device.jobs)()


def test_views_go_with_their_elements(store: Any) -> None:
    device = store.Store(jobs=[{"id": 1}, {"id": 2}])
    first, second = device.jobs
    device.jobs.insert(0, {"id": 3})
    second.id = 20
    second.chunks.append({"size": 1})
    assert ids(device.jobs) == [3, 1, 20] and len(device.jobs[2].chunks) == 1
    assert device.jobs[2] is second
    del device.jobs[1]
    first.id = 10
    assert ids(device.jobs) == [3, 20] and first.id == 10


def test_views_outlive_what_they_were_taken_from(store: Any) -> None:
    job = {"id": 1, "chunks": [{"size": 3, "data": b"abc"}]}
    device = store.Store(n=1, jobs=[job], words=[(1, 2)], keys=[{"low": 9}], cells=[[{}, {}]])
    body = device.save()
    job, data, words, key = device.jobs[0], device.jobs[0].chunks[0].data, device.words, device.keys[0]
    device.restore(body, 3)
    device.jobs.clear()
    device.words = []
    del device
    gc.collect()
    assert (job.id, bytes(data), words.tolist(), key.low) == (1, b"abc", [[1, 2]], 9)
    job.chunks[0].data = b"defgh"
    assert bytes(data) == b"abc" and bytes(job.chunks[0].data) == b"defgh"


def test_a_refused_load_leaves_blocks_and_views(store: Any) -> None:
    device = store.Store(n=1, jobs=[{"id": 1}], words=[(1, 2)], keys=[{"low": 3}], cells=[[{"id": 4}, {"id": 5}]])
    job, before = device.jobs[0], device.as_dict()
    with pytest.raises(vmstate.TruncatedError):
        device.restore(device.save()[:-1], 3)
    assert device.as_dict() == before
    job.id = 77
    assert ids(device.jobs) == [77]


def test_allocated_numbers(store: Any) -> None:
    device = store.Store()
    assert device.words.tolist() == []
    device.words = iter([(1, 2), (3, 4)])
    assert device.words.shape == (2, 2) and device.words[1, 0] == 3
    device.words = memoryview(device.words)
    with pytest.raises(ValueError, match="store: words takes at most 4 elements, not 5"):
        device.words = [(0, 0)] * 5
    with pytest.raises(OverflowError, match=r"store: words\[1\]\[0\]: 65536"):
        device.words = [(0, 0), (65536, 0)]
    assert device.words.tolist() == [[1, 2], [3, 4]]
    device.n = 3
    with pytest.raises(vmstate.ValidationError) as refused:
        device.save()
    assert (refused.value.code, refused.value.path, refused.value.allowed) == ("count", "words", (0, 2))


def test_a_map_is_a_mutable_mapping_in_order(store: Any) -> None:
    index = store.Store(index={300: {"low": 3}, 1: store.Key(low=1)}).index
    index[20] = {"low": 2}
    assert list(index) == [1, 20, 300] and [value.low for value in index.values()] == [1, 2, 3]
    assert 20 in index and 21 not in index and index.get(21) is None
    index[20].low = 5
    index[1] = {"low": 6}
    assert index.as_dict() == {1: {"low": 6}, 20: {"low": 5}, 300: {"low": 3}}
    assert index.pop(300).low == 3 and index == {1: store.Key(low=6), 20: store.Key(low=5)}
    with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
        _ = "x" in index
    with pytest.raises(KeyError):
        del index[300]
    with pytest.raises(OverflowError):
        index[-1] = {}
    index.update({5: {}, 6: {}})
    with pytest.raises(ValueError, match="at most 4"):
        index[7] = {}
    assert repr(index) == "{1: Key(low=6), 5: Key(low=0), 6: Key(low=0), 20: Key(low=5)}"


def test_a_map_by_struct_is_a_list_of_entries(store: Any) -> None:
    device = store.Store(spans=[({"low": 5}, {"low": 6}), {"key": {"low": 1}, "value": {"low": 2}}])
    assert [(entry.key.low, entry.value.low) for entry in device.spans] == [(5, 6), (1, 2)]
    assert device.as_dict()["spans"][1] == {"key": {"low": 1}, "value": {"low": 2}}


def test_elements_that_may_be_missing(store: Any) -> None:
    device = store.Store()
    assert list(device.slots) == [None, None] and [list(row) for row in device.grid] == [[None] * 2] * 2
    device.slots[1] = {"low": 4}
    device.grid[1][0] = 9
    view = device.slots[1]
    view.low = 5
    assert device.slots == [None, store.Key(low=5)] and device.as_dict()["grid"] == [[None, None], [9, None]]
    with pytest.raises(OverflowError, match="store: grid"):
        device.grid[0][0] = 65536
    with pytest.raises(TypeError):
        device.slots = [{"low": 1}, "no"]
    assert device.slots == [None, store.Key(low=5)] and device.grid[0][0] is None
    device.slots[1] = None
    device.slots[1] = {}
    assert device.slots[1].low == 0


def test_a_hook_of_an_element_cannot_pull_its_list_away(store: Any) -> None:
    class Job(store.Job):
        def post_load(self, version: int) -> None:
            self.chunks.append({"size": 0})
            device.jobs.clear()

    class Store(store.Store):
        pass

    Store.Job = Job
    Store = type("Store", (Store,), {"Job": Job})
    device = Store()
    body = store.Store(jobs=[{"id": 1}]).save()
    with pytest.raises(RuntimeError, match="a hook of an element"):
        device.restore(body, 3)
    assert len(device.jobs) == 0


def test_hooks_of_the_object_itself_may_fill_it(store: Any) -> None:
    class Store(store.Store):
        def pre_save(self) -> None:
            self.jobs = [{"id": 9}]

    device = Store()
    assert device.save() == store.Store(jobs=[{"id": 9}]).save()


def test_saves_run_hooks_on_the_views_that_others_hold(store: Any) -> None:
    class Special(store.Special):
        Job = type("Job", (store.Job,), {"post_load": lambda self, _: calls.append(self)})
        put_extra = get_extra = lambda self, cursor: None

    calls: list[Any] = []
    device = Special(jobs=[{"id": 1}, {"id": 2}])
    job = device.jobs[1]
    job.note = "mine"
    body = device.save()
    assert device.jobs[1] is job and device.jobs[1].note == "mine"
    device.restore(body, 4)
    assert [call.id for call in calls] == [1, 2] and [type(job) for job in device.jobs] == [Special.Job] * 2


def resident() -> int:
    """KiB of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux how much memory is in use")
@pytest.mark.skipif("VMS_SANITIZE" in os.environ, reason="AddressSanitizer keeps freed memory for a while")
def test_nothing_leaks(store: Any) -> None:
    job = {"id": 1, "chunks": [{"size": 255, "data": bytes(255)}] * 4}
    device = store.Store(n=1, jobs=[job] * 4, words=[(1, 2)], keys=[{}], cells=[[job, job]])
    body = device.save()

    def round_() -> None:
        device.restore(body, 3)
        views = [device.jobs[0].chunks, device.cells[0][1].chunks[0].data]
        with pytest.raises(vmstate.TruncatedError):
            device.restore(body[:-1], 3)
        with pytest.raises(ValueError, match="at most"):
            device.update(jobs=[job], index={key: {} for key in range(5)})
        device.jobs[1:3] = [job]
        device.jobs.append(views[0] and job)
        store.Store.loads(device.dumps())

    for _ in range(50):
        round_()
    before = resident()
    for _ in range(400):
        round_()
    assert resident() - before < 1024  # a lost block a round would be 800 KiB or more
