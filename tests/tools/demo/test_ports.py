import socket

from tools.demo.ports import free_ports


def test_a_usual_port_is_kept_where_it_is_free_and_replaced_where_it_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy, socket.create_server(("127.0.0.1", 0)) as soon_free:
        taken, free = busy.getsockname()[1], soon_free.getsockname()[1]
        soon_free.close()
        ports = free_ports({"one": taken, "two": free, "three": taken})
    assert ports["two"] == free
    assert len({taken, *ports.values()}) == 4


def test_a_port_that_was_just_given_up_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as caller:
            accepted, _ = server.accept()
            accepted.close()  # this side closes first, and its port lingers in TIME_WAIT
            assert caller.recv(1) == b""
    assert free_ports({"usual": port}) == {"usual": port}
