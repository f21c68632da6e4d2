from tools.simulator.postponed import Postponed

ENDPOINT = "4000001"


def test_work_is_done_when_so_many_calls_are_over() -> None:
    postponed, done = Postponed(), list[str]()
    postponed.add(ENDPOINT, 2, lambda: done.append("work"))
    postponed.call_over(ENDPOINT)
    assert done == []
    postponed.call_over(ENDPOINT)
    postponed.call_over(ENDPOINT)
    assert done == ["work"]


def test_calls_about_another_endpoint_do_not_count() -> None:
    postponed, done = Postponed(), list[str]()
    postponed.add(ENDPOINT, 1, lambda: done.append("work"))
    postponed.call_over("4000002")
    postponed.call_over(None)
    assert done == []


def test_work_that_is_forgotten_is_never_done() -> None:
    postponed, done = Postponed(), list[str]()
    postponed.add(ENDPOINT, 1, lambda: done.append("work"))
    postponed.clear()
    postponed.call_over(ENDPOINT)
    assert done == []
