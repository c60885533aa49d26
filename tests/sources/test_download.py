"""Downloads from a server of the tests' own, which answers whatever a server may answer."""

import socket
import threading
import time

import pytest

from harness.sources import download as module
from harness.sources.download import download


@pytest.fixture
def served(monkeypatch):
    """Serve raw bytes, in pieces with pauses, to everyone who asks; return the address."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    opened = []

    def serve(*pieces, pause=0.0):
        listening = socket.create_server(("127.0.0.1", 0))
        opened.append(listening)

        def answer():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    try:
                        connection.recv(4096)
                        for piece in pieces:
                            connection.sendall(piece)
                            time.sleep(pause)
                    except OSError:
                        pass

        threading.Thread(target=answer, daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}/file"

    yield serve
    for listening in opened:
        listening.close()


OK = b"HTTP/1.1 200 OK\r\n"


def answer(body, length=None):
    return OK + f"Content-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body


def test_what_an_address_holds_comes_whole(served):
    body = bytes(range(256)) * 1000
    assert download(served(answer(body)), len(body)) == body
    assert download(served(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), 3) == b"abc"


ANSWERS = {
    "no HTTP": (b"\x00\xff garbage\r\n\r\n", "BadStatusLine"),
    "nothing": (b"", "closed connection"),
    "an endless status": (b"HTTP/1.1 200 " + b"a" * 70_000 + b"\r\n\r\n", "LineTooLong"),
    "an endless header": (OK + b"X: y\r\n" * 200 + b"\r\n", "more than 100 headers"),
    "broken chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\nZZZ\r\nabc", "IncompleteRead"),
    "cut chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\nffff\r\nabc", "IncompleteRead"),
    "a cut body": (answer(b"abc", 10), "the connection closed 7 bytes too early"),
    "no such file": (b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "404"),
    "another scheme": (b"HTTP/1.1 302 F\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", "not allowed"),
    "a broken redirection": (
        b"HTTP/1.1 302 F\r\nLocation: http://a:xyz/\r\nContent-Length: 0\r\n\r\n", "nonnumeric port"
    ),
    "too much": (answer(bytes(2000)), "more than 1,000 bytes came"),
    "too much without end": (OK + b"\r\n" + bytes(10**6), "more than 1,000 bytes came"),
}  # fmt: skip


@pytest.mark.parametrize("sent", ANSWERS)
def test_whatever_a_server_answers_it_is_one_line_of_an_os_error(served, sent):
    content, said = ANSWERS[sent]
    with pytest.raises(OSError, match=said) as caught:
        download(served(content), 1000)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) <= 160


@pytest.mark.parametrize(
    "address", ["http://[::1", "http://127.0.0.1:99999/", "nonsense", "foo://127.0.0.1/", "http:///"]
)
def test_an_address_that_is_none_is_an_os_error(address):
    with pytest.raises(OSError):
        download(address, 1000)


@pytest.mark.parametrize(
    "proxy", ["http://127.0.0.1:abc", "foo://127.0.0.1:1", "http://", "http://me:secret@127.0.0.1:1"]
)
def test_a_proxy_that_is_none_is_an_os_error_that_tells_no_password(proxy, monkeypatch):
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setattr("urllib.request._opener", None)
    with pytest.raises(OSError) as caught:
        download("http://origin.invalid/file", 1000)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("where", ["header", "body"])
def test_a_download_that_drips_ends_in_time(served, where, monkeypatch):
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.5)
    pieces = [bytes([each]) for each in answer(bytes(1000))]
    head = 5 if where == "header" else len(pieces) - 1000
    started = time.monotonic()
    with pytest.raises(OSError, match=r"only [0-9]+ bytes arrived in"):
        download(served(b"".join(pieces[:head]), *pieces[head:], pause=0.1), 2000)
    assert time.monotonic() - started < 5


def test_a_download_that_takes_too_long_as_a_whole_ends(served, monkeypatch):
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(module, "WHOLE_SECONDS", 0.6)
    monkeypatch.setattr(module, "LEAST_RATE", 1)
    with pytest.raises(OSError, match=r"only [0-9,]+ bytes arrived"):
        download(served(answer(b"", 10**5), *[b"x" * 100] * 100, pause=0.05), 10**6)


def test_a_server_that_hangs_is_left(served, monkeypatch):
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.3)
    with pytest.raises(OSError):
        download(served(answer(b"", 9), pause=3), 1000)
