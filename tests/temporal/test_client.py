"""How we connect to a cluster that is not on this machine: TLS, client certificates, API keys, profiles."""

import asyncio
import logging
import os
import socket
import ssl
import threading
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from temporalio.client import Client

from temporal import api_key
from temporal.client import NoTemporalServer, connect
from tests.support.cable import cable
from tests.support.front import front
from tests.support.seller import eventually
from tests.support.worker_process import ended_worker

CA = "TEMPORAL_TLS_SERVER_CA_CERT_PATH"
CERT = "TEMPORAL_TLS_CLIENT_CERT_PATH"
KEY = "TEMPORAL_TLS_CLIENT_KEY_PATH"
NAME = "TEMPORAL_TLS_SERVER_NAME"
SECONDS = 20
"""More than a crowded machine needs."""
API_KEY = "icecoast021"
WRONG_KEY = "seatattic102"


@dataclass(frozen=True)
class Cluster:
    """A Temporal server behind a front with a certificate of a private authority, which demands one of its own."""

    folder: Path
    server: str
    address: str
    without_client_certificates: str

    def file(self, name: str) -> str:
        return str(self.folder / name)

    def text(self, variable: str) -> str:
        return Path(self.ours[variable]).read_text()

    @property
    def ours(self) -> dict[str, str]:
        """What somebody sets who has the right certificates."""
        files = {CA: "ca.pem", CERT: "ours.pem", KEY: "ours.key"}
        return {"TEMPORAL_ADDRESS": self.address} | {name: self.file(file) for name, file in files.items()}


def server_side(server: trustme.LeafCert, clients: trustme.CA | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2"])
    server.configure_cert(context)
    if clients:
        clients.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.fixture(scope="module")
async def cluster(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    folder = tmp_path_factory.mktemp("certificates")
    authority, stranger = trustme.CA(), trustme.CA()
    for name, issuer in (("ours", authority), ("theirs", stranger)):
        leaf = issuer.issue_cert("worker.example")
        leaf.private_key_pem.write_to_path(folder / f"{name}.key")
        leaf.cert_chain_pems[0].write_to_path(folder / f"{name}.pem")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    stranger.cert_pem.write_to_path(folder / "stranger.pem")
    (folder / "garbled.pem").write_text("-----BEGIN CERTIFICATE-----\nhello\n-----END CERTIFICATE-----\n")
    (folder / "nonsense.pem").write_text("nonsense")
    server = authority.issue_cert("127.0.0.1", "temporal.example")
    plain = client.service_client.config.target_host
    async with (
        front(plain, tls=server_side(server, authority)) as strict,
        front(plain, tls=server_side(server)) as open_,
    ):
        yield Cluster(folder, plain, strict, open_)


def set_only(environment: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith("TEMPORAL_")]:
        environment.delenv(name)
    environment.setenv("TEMPORAL_CONFIG_FILE", os.devnull)
    for name, value in variables.items():
        environment.setenv(name, value)


def shown_with(error: BaseException) -> str:
    """The error with the locals of all frames but the tests' own."""
    frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    return f"{error!r} {[frame.locals for frame in frames if frame.filename != __file__]}"


@pytest.fixture(autouse=True)
def _machine_that_trusts_somebody(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", cluster.file("stranger.pem"))


async def refused(environment: pytest.MonkeyPatch, variables: Mapping[str, str]) -> str:
    """The sentence, once it is seen to be one, and that nothing hangs on it that could show a secret."""
    set_only(environment, variables)
    with pytest.raises(NoTemporalServer) as caught:
        await connect(None, SECONDS)
    assert caught.value.__context__ is None
    sentence = str(caught.value)
    assert not any(secret in shown_with(caught.value) for secret in (API_KEY, WRONG_KEY, "PRIVATE KEY"))
    assert not any(sign in sentence for sign in ("\n", "{", "tonic", "Error(")), sentence
    return sentence


async def test_the_right_certificate_goes_through_by_environment_alone(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_only(monkeypatch, cluster.ours)
    client = await connect(None, SECONDS)
    assert (await client.count_workflows("WorkflowId = 'nobody'")).count == 0
    assert "PRIVATE KEY" not in repr(client.service_client.config)


async def test_certificates_may_be_in_the_variables_themselves_and_the_server_may_have_another_name(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    inline = {name.replace("_PATH", "_DATA"): cluster.text(name) for name in (CA, CERT, KEY)}
    address = cluster.address.replace("127.0.0.1", "localhost")
    set_only(monkeypatch, inline | {"TEMPORAL_ADDRESS": address, NAME: "temporal.example", "TEMPORAL_API_KEY": ""})
    assert await connect(None, SECONDS)


async def test_a_profile_of_a_temporal_toml_does_the_same(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "temporal.toml"
    file.write_text(f"""
[profile.production]
address = "{cluster.address}"
namespace = "default"

[profile.production.tls]
server_ca_cert_path = "{cluster.file("ca.pem")}"
client_cert_path = "{cluster.file("ours.pem")}"
client_key_path = "{cluster.file("ours.key")}"
""")
    set_only(monkeypatch, {"TEMPORAL_CONFIG_FILE": str(file), "TEMPORAL_PROFILE": "production"})
    assert await connect(None, SECONDS)
    said = await refused(monkeypatch, {"TEMPORAL_CONFIG_FILE": str(file), "TEMPORAL_PROFILE": "staging"})
    assert said == "The configuration of the Temporal client cannot be used: Profile 'staging' not found"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({CERT: "", KEY: ""}, "closes the connection: most likely it demands a client certificate, " + CERT),
        ({CERT: "theirs.pem", KEY: "theirs.key"}, f"most likely it does not accept the client certificate, {CERT}"),
        ({CA: "stranger.pem"}, f"is not signed by an authority that is trusted here: look at {CA}"),
        ({CA: ""}, f"is not signed by an authority that is trusted here: look at {CA}"),
        ({NAME: "wrong.example"}, f"is for 127.0.0.1, temporal.example, not for wrong.example: look at {NAME}"),
        ({NAME: "wrong name"}, f"{NAME} or TEMPORAL_ADDRESS is not the name of a host"),
        ({CERT: "missing.pem"}, "missing.pem, which cannot be read: No such file or directory"),
        ({KEY: "missing.key"}, f"{KEY} names "),
        ({CA: "garbled.pem"}, f"{CA} does not hold what it should"),
        ({CA: "nonsense.pem"}, f"{CA} does not hold what it should"),
        ({CERT: "garbled.pem"}, f"{CERT} does not hold what it should"),
        ({CERT: "nonsense.pem"}, f"{CERT} does not hold what it should"),
        ({KEY: "nonsense.pem"}, f"{KEY} does not hold what it should"),
        ({KEY: "theirs.key"}, f"{KEY} is not the key of the certificate in {CERT}"),
        ({KEY: ""}, f"{CERT} is set, but {KEY} is not: both are needed"),
        ({CERT: ""}, f"{KEY} is set, but {CERT} is not: both are needed"),
        ({"TEMPORAL_NAMESPACE": "'default'"}, "TEMPORAL_NAMESPACE: has quotation marks around it"),
        ({"TEMPORAL_NAMESPACE": "nowhere"}, "has no namespace nowhere: look at TEMPORAL_NAMESPACE"),
        ({CA: "", CERT: "", KEY: ""}, "closes the connection: if it expects TLS, set TEMPORAL_TLS=true"),
        ({"TEMPORAL_ADDRESS": "https://temporal.example"}, "TEMPORAL_ADDRESS is not of the form host:port"),
    ],
)
async def test_whoever_may_not_or_cannot_is_told_what_to_look_at(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], says: str
) -> None:
    files = {name: cluster.file(value) for name, value in changes.items() if value.endswith((".pem", ".key"))}
    assert says in await refused(monkeypatch, cluster.ours | changes | files)


async def test_tls_where_there_is_none_and_none_where_there_is_are_told_apart(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = await refused(monkeypatch, cluster.ours | {"TEMPORAL_ADDRESS": cluster.server})
    assert said.startswith(f"The server at {cluster.server} does not speak TLS: look at TEMPORAL_ADDRESS")
    said = await refused(monkeypatch, {"TEMPORAL_ADDRESS": cluster.without_client_certificates})
    assert "closes the connection: if it expects TLS, set TEMPORAL_TLS=true" in said


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_server_that_says_why_it_hangs_up_is_quoted(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, version: ssl.TLSVersion
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(cluster.folder / "alerting.pem")
    context = server_side(authority.issue_cert("127.0.0.1"), authority)
    context.maximum_version = version

    over = threading.Event()

    # asyncio's own TLS hangs up without a word. The core may come back for another try.
    def alert(listener: socket.socket) -> None:
        listener.settimeout(0.05)
        while not over.is_set():
            with suppress(OSError):
                connection, _ = listener.accept()
                connection.settimeout(SECONDS)
                with connection.dup() as line:
                    with suppress(ssl.SSLError):
                        context.wrap_socket(connection, server_side=True).close()
                    line.shutdown(socket.SHUT_WR)
                    while line.recv(65536):  # what is left unread at the end would take the alert with it
                        pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = asyncio.create_task(asyncio.to_thread(alert, listener))
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        ours = cluster.ours | {"TEMPORAL_ADDRESS": address, CA: cluster.file("alerting.pem")}
        try:
            said = await refused(monkeypatch, ours)
        finally:
            over.set()
            await answering
    # With TLS 1.3 the core is already sending by then, and may find the line broken before it reads why.
    assert "(UnknownCA)" in said or version == ssl.TLSVersion.TLSv1_3
    assert said.replace(" (UnknownCA)", "") == (
        f"The server at {address} closes the connection: most likely it does not accept the client certificate, {CERT}"
    )


async def test_an_api_key_switches_tls_on_and_arrives_as_a_bearer_token(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    context.set_alpn_protocols(["h2"])
    authority.cert_pem.write_to_path(trusted := cluster.folder / "cloud.pem")
    with_key = {"TEMPORAL_API_KEY": API_KEY, CA: str(trusted)}
    async with front(cluster.server, tls=context, api_key=API_KEY, refusal=(7, f"{WRONG_KEY} is unknown")) as address:
        set_only(monkeypatch, with_key | {"TEMPORAL_ADDRESS": address})
        client = await connect(None, SECONDS)
        assert API_KEY not in repr(client.service_client.config)
        # As a mounted secret has it.
        set_only(monkeypatch, with_key | {"TEMPORAL_ADDRESS": f"{address}\n", "TEMPORAL_API_KEY": f"{API_KEY}\r\n"})
        await connect(None, SECONDS)
        said = await refused(monkeypatch, with_key | {"TEMPORAL_ADDRESS": address, "TEMPORAL_API_KEY": WRONG_KEY})
    assert said == (
        f"The Temporal server at {address} refuses the API key for namespace default ([secret] is unknown): "
        "look at TEMPORAL_API_KEY and TEMPORAL_NAMESPACE"
    )
    said = await refused(monkeypatch, {"TEMPORAL_ADDRESS": cluster.server, "TEMPORAL_API_KEY": API_KEY})
    assert "does not speak TLS" in said
    said = await refused(monkeypatch, {"TEMPORAL_ADDRESS": cluster.server, "TEMPORAL_API_KEY": f"{API_KEY} 7"})
    assert said.startswith("TEMPORAL_API_KEY has a blank, a line break")
    said = await refused(monkeypatch, {"TEMPORAL_ADDRESS": cluster.server, "TEMPORAL_API_KEY": f"{API_KEY}\n7"})
    assert said == f"TEMPORAL_API_KEY: has a line break in it, behind {len(API_KEY)} characters: one line is meant"
    assert await refused(monkeypatch, {"TEMPORAL_ADDRESS": "localhost\n:7233"}) == (
        "TEMPORAL_ADDRESS: has a line break in it, behind 9 characters: one line is meant"
    )


@pytest.mark.parametrize("source", ["file", "profile"])
async def test_an_api_key_that_is_renewed_in_its_file_is_used_without_a_restart(
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    source: str,
) -> None:
    monkeypatch.setattr(api_key, "LOOK_SECONDS", 0.05)
    caplog.set_level(logging.INFO, logger="temporal")
    file = tmp_path / source

    def write(key: str) -> None:
        content = f'[profile.default]\napi_key = "{key}"\n' if source == "profile" else f"{key}\n"
        file.write_text(content, encoding="utf-8-sig")  # as some editors save it

    async with AsyncExitStack() as stack:
        before, after = [
            await stack.enter_async_context(front(cluster.server, api_key=key)) for key in (API_KEY, WRONG_KEY)
        ]
        way = await stack.enter_async_context(cable(before))
        write(API_KEY)
        named = "TEMPORAL_CONFIG_FILE" if source == "profile" else "TEMPORAL_API_KEY_FILE"
        set_only(monkeypatch, {"TEMPORAL_ADDRESS": way.address, "TEMPORAL_TLS": "false", named: str(file)})
        client = await connect(None, SECONDS)
        async with api_key.renewing_api_key(client):

            async def has(words: str) -> bool:
                return words in caplog.text

            write("no key")
            await eventually(lambda: has("The API key is not renewed: "))
            assert client.api_key == API_KEY
            write(WRONG_KEY)
            await eventually(lambda: has(f"The API key was renewed, from {file}"))
            way.cut()
            way.server = after
            way.mend()
            assert (await client.count_workflows("WorkflowId = 'nobody'")).count == 0
        assert not any(key in caplog.text for key in (API_KEY, WRONG_KEY, "no key"))


async def test_a_file_of_an_api_key_that_cannot_be_used_is_named(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    ours = {"TEMPORAL_ADDRESS": cluster.server, "TEMPORAL_API_KEY_FILE": str(file)}
    said = await refused(monkeypatch, ours)
    assert said == f"TEMPORAL_API_KEY_FILE names {file}, which cannot be read: No such file or directory"
    for content, words in ((b"\n", "which is empty"), (b"\xff", "which is no text"), (b"a b", "has a blank")):
        file.write_bytes(content)
        assert words in await refused(monkeypatch, ours)
    file.write_text(API_KEY)
    assert "are both set" in await refused(monkeypatch, ours | {"TEMPORAL_API_KEY": API_KEY})
    file.chmod(0o666)
    assert "can be changed by everybody" in await refused(monkeypatch, ours)


async def test_a_profile_that_cannot_be_read_is_not_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "temporal.toml"
    said = await refused(monkeypatch, {"TEMPORAL_CONFIG_FILE": str(file)})
    assert said == f"TEMPORAL_CONFIG_FILE names {file}, which does not exist"
    file.write_text(f'[profile.default]\ntls = "{API_KEY}"\n')
    said = await refused(monkeypatch, {"TEMPORAL_CONFIG_FILE": str(file)})
    assert said.endswith("cannot be used: TOML parse error at line 2, column 7 (TEMPORAL_CONFIG_FILE)")


async def test_the_worker_says_it_in_one_line(cluster: Cluster) -> None:
    wrong = cluster.ours | {CERT: cluster.file("theirs.pem"), KEY: cluster.file("theirs.key")}
    settings = {"SFT_USERNAME": "demo", "SFT_PASSWORD": "demo-password", "TEMPORAL_CONFIG_FILE": os.devnull}
    ended = await ended_worker(**settings, **wrong)
    assert ended.code == 1
    assert ended.errors.splitlines()[-1].endswith(f"does not accept the client certificate, {CERT}")
