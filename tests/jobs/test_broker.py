"""The file broker: every message whole, each to one reader, oldest first."""

import threading
from queue import Empty

import pytest
from kombu import Connection

from cxaccess.jobs.broker import SCHEME


@pytest.fixture
def connect(tmp_path):
    opened = []

    def connect():
        folder = str(tmp_path)
        options = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": str(tmp_path / "control")}
        options["polling_interval"] = 0.01
        connection = Connection(f"{SCHEME}://localhost", transport_options=options)
        opened.append(connection)
        return connection.SimpleQueue(tmp_path.name, no_ack=True)  # kombu remembers a queue for the whole process

    yield connect
    for connection in opened:
        connection.release()


def test_messages_come_oldest_first(connect):
    queue = connect()
    for n in range(5):
        queue.put({"n": n})
    assert [queue.get(block=False).payload["n"] for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(Empty):
        queue.get(block=False)


def test_no_reader_sees_half_a_message_and_none_is_read_twice(connect):
    count, readers, seen, broken = 150, 3, [], []
    writer = connect()

    def read(queue):
        try:
            while True:
                seen.append(queue.get(timeout=2).payload["n"])
        except Empty:
            return
        except ValueError as error:  # half a message is no JSON
            broken.append(error)

    threads = [threading.Thread(target=read, args=(connect(),)) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for n in range(count):
        writer.put({"n": n, "padding": "x" * 20_000})
    for thread in threads:
        thread.join()
    assert broken == []
    assert sorted(seen) == list(range(count))
