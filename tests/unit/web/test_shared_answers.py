"""Many open pages cost the store what one does."""

import threading
import time
from pathlib import Path

import pytest
from sample_records import make_sample
from sqlalchemy import event
from sqlalchemy.engine import Engine
from starlette.testclient import TestClient

from streamstress.outputs.store import Store
from streamstress.web import create_web
from streamstress.web.shared_answers import HELD, SharedAnswers


def test_an_answer_is_given_to_all_for_its_time_and_then_made_anew():
    now_s, made = [0.0], iter(range(10))
    shared = SharedAnswers(2.0, lambda: now_s[0])
    answers = []
    for moment in (0.0, 1.9, 2.0, 3.9):
        now_s[0] = moment
        answers.append(shared.get("page", lambda: next(made)))
    assert answers == [0, 0, 1, 1]
    assert shared.get("other", lambda: next(made)) == 2


def test_who_asks_while_an_answer_is_made_waits_for_it():
    shared, made, answers = SharedAnswers(60.0), [], []
    begun, go_on = threading.Event(), threading.Event()

    def make() -> int:
        made.append(1)
        begun.set()
        assert go_on.wait(20.0)
        return len(made)

    def ask() -> None:
        answers.append(shared.get("page", make))

    askers = [threading.Thread(target=ask) for _ in range(5)]
    for asker in askers:
        asker.start()
    assert begun.wait(20.0)
    time.sleep(0.05)
    go_on.set()
    for asker in askers:
        asker.join(20.0)
    assert answers == [1] * 5


def test_a_failure_is_nobodys_answer():
    shared = SharedAnswers(60.0)
    with pytest.raises(ZeroDivisionError):
        shared.get("page", lambda: 1 // 0)
    assert shared.get("page", lambda: 7) == 7


def test_answers_that_nobody_asks_for_any_more_are_let_go():
    shared, made = SharedAnswers(60.0), []
    for number in range(HELD + 1):
        shared.get(number, lambda: made.append(1))
    shared.get(0, lambda: made.append(1))
    shared.get(HELD, lambda: made.append(1))
    assert len(made) == HELD + 2


def test_a_second_tab_costs_the_store_nothing(tmp_path: Path):
    url, sample = f"sqlite:///{tmp_path / 'store.db'}", make_sample()
    store = Store.open(url)
    store.save_many(sample.records())
    statements = []

    def note(_connection, _cursor, statement, _parameters, _context, _many):
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with TestClient(create_web(url, stations=sample.stations, refresh_s=60.0)) as client:
            for path in ("/", "/region/west-basin", "/alarm/west-basin-1", "/event/wb00149"):
                statements.clear()
                first = client.get(path)
                asked = len(statements)
                assert asked > 3
                second = client.get(path)
                assert (len(statements), second.text) == (asked, first.text)
            # Another view is another page.
            client.get("/region/west-basin?from=2026-03-05")
            assert len(statements) > asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        store.close()
