"""What can be wrong with the machine is one clear line and exit code 2, before anything is made."""

import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from cxaccess import bootstrap

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def run(*arguments):
    return bootstrap.main([str(argument) for argument in arguments])


def settings_in(data):
    lines = (data / "secrets.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_the_secrets_are_written_once_and_are_the_owners_alone(tmp_path, port):
    data = tmp_path / "new" / "data"
    assert run("--port", port, "--data", data) == 0
    first = settings_in(data)
    assert set(first) == {"CXACCESS_SECRET_KEY", "CXACCESS_ENCRYPTION_KEYS", "CXACCESS_DEMO"}
    assert stat.S_IMODE((data / "secrets.env").stat().st_mode) == 0o600
    assert run("--port", port, "--data", data) == 0
    assert settings_in(data) == first


def test_what_the_instance_keeps_is_the_owners_alone(tmp_path, port):
    before = os.umask(0o022)
    try:
        run("--port", port, "--data", tmp_path / "data")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_two_instances_share_no_secret(tmp_path, port):
    for name in ("one", "two"):
        run("--port", port, "--data", tmp_path / name)
    one, two = settings_in(tmp_path / "one"), settings_in(tmp_path / "two")
    assert one["CXACCESS_SECRET_KEY"] != two["CXACCESS_SECRET_KEY"]
    assert one["CXACCESS_ENCRYPTION_KEYS"] != two["CXACCESS_ENCRYPTION_KEYS"]


def test_an_instance_is_a_demo_or_empty_for_good(tmp_path, port, capsys):
    assert run("--port", port, "--data", tmp_path / "empty", "--empty") == 0
    assert settings_in(tmp_path / "empty")["CXACCESS_DEMO"] == "false"
    assert run("--port", port, "--data", tmp_path / "demo") == 0
    assert run("--port", port, "--data", tmp_path / "demo", "--empty") == 2
    assert "already holds the demo company" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "80 80", ""])
def test_a_port_that_is_none_is_one_line(tmp_path, text, capsys):
    assert run(f"--port={text}", "--data", tmp_path) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_taken_port_is_one_line(tmp_path, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        assert run("--port", number, "--data", tmp_path / "data") == 2
    assert capsys.readouterr().err == f"Port {number} is taken; choose another with --port.\n"
    assert not (tmp_path / "data").exists()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, port, capsys):
    (tmp_path / "file").write_text("not a folder")
    assert run("--port", port, "--data", tmp_path / "file" / "data") == 2
    assert capsys.readouterr().err.count("\n") == 1


def script(name, *arguments, **more):
    return subprocess.run(
        [ROOT / "bin" / name, *arguments], capture_output=True, text=True, env=os.environ | more, check=False
    )


@pytest.mark.parametrize("name", ["up", "test"])
def test_the_scripts_explain_themselves_and_refuse_what_they_do_not_know(name):
    helped = script(name, "--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert f"Usage: bin/{name}" in helped.stdout
    refused = script(name, "--frobnicate")
    assert refused.returncode == 2
    assert refused.stderr == f"Unknown option --frobnicate; bin/{name} --help shows what there is.\n"


def test_an_option_without_its_value_is_one_line():
    refused = script("up", "--port")
    assert (refused.returncode, refused.stderr) == (2, "--port needs a value; bin/up --help shows how.\n")


def shell(command, **more):
    return subprocess.run(
        ["/bin/sh", "-c", f". bin/lib.sh; {command}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | more,
        check=False,
    )


def test_a_wrong_python_is_one_line():
    refused = shell("find_python", CXACCESS_PYTHON="/bin/false")
    assert refused.returncode == 2
    assert refused.stderr == "CXACCESS_PYTHON is /bin/false, which is not a Python 3.11 or newer.\n"


def test_no_python_at_all_is_one_line(tmp_path):
    refused = shell("find_python", PATH=str(tmp_path), HOME=str(tmp_path))
    assert refused.returncode == 2
    assert (
        refused.stderr == "CX Access needs Python 3.11 or newer; none was found on PATH or under ~/.pyenv/versions.\n"
    )


def test_a_debian_without_venv_names_the_package(tmp_path):
    fake = tmp_path / "python3"
    fake.write_text(
        '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; *venv*) echo python3.11-venv ;; *) exit 0 ;; esac\n'
    )
    fake.chmod(0o755)
    refused = shell("find_python", PATH=str(tmp_path), HOME=str(tmp_path))
    assert refused.returncode == 2
    assert "apt-get install python3.11-venv" in refused.stderr
