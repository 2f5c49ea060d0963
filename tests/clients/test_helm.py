"""helm against a running hub: charts pushed, pulled, looked at, chosen by version, and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import gotools
from tests.clients.cast import INSIDERS, ROLES, MakeClub, MakePerson, is_refusal
from tests.clients.drivers.programs import PLAIN, Crane, Helm
from tests.live import Hub

pytestmark = [pytest.mark.live, pytest.mark.lengthy, gotools.needs("helm", "crane")]

FOUND_BY = "chooses the version that fits from the list"


@pytest.mark.shows("helm", "log in", "push", "pull")
def test_a_chart_comes_back_byte_for_byte(hub: Hub, somebody: MakePerson, helm: Helm, tmp_path: Path) -> None:
    owner = somebody()
    charts = f"{hub.registry}/{owner.username}/charts"
    chart = helm.package("sail", "0.1.0")
    assert "Login Succeeded" in helm.log_in(hub.registry, owner.username, owner.token).stderr

    helm("push", PLAIN, str(chart), f"oci://{charts}")
    helm.log_out(hub.registry)
    helm.pull(f"{charts}/sail", tmp_path / "out", "--version", "0.1.0")

    assert (tmp_path / "out" / chart.name).read_bytes() == chart.read_bytes()


@pytest.mark.shows("helm", "log in")
def test_a_wrong_password_is_refused_at_login(hub: Hub, somebody: MakePerson, helm: Helm) -> None:
    refused = helm.log_in(hub.registry, somebody().username, "not-the-password")

    assert refused.returncode != 0
    assert "The user name or the password, or the access token, is not right." in refused.stderr


@pytest.mark.shows("helm", "list tags", note=FOUND_BY)
def test_the_newest_version_that_fits_is_found_and_a_plus_becomes_an_underscore(
    hub: Hub, somebody: MakePerson, helm: Helm, crane: Crane, tmp_path: Path
) -> None:
    owner = somebody()
    charts = f"{hub.registry}/{owner.username}/charts"
    helm.log_in(hub.registry, owner.username, owner.token)
    for version in ("0.1.0", "0.9.0", "0.10.0+build.5", "1.0.0"):
        helm("push", PLAIN, str(helm.package("sail", version)), f"oci://{charts}")

    shown = helm("show", "chart", PLAIN, "--version", "<1.0.0", f"oci://{charts}/sail").stdout
    helm.pull(f"{charts}/sail", tmp_path / "out")

    assert "version: 0.10.0+build.5\n" in shown
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["sail-1.0.0.tgz"]
    assert crane.tags(f"{charts}/sail") == ["0.1.0", "0.10.0_build.5", "0.9.0", "1.0.0"]


@pytest.mark.shows("helm", "private")
@pytest.mark.parametrize("role", ROLES)
def test_a_private_chart_opens_for_its_people_and_for_nobody_else(
    hub: Hub, club: MakeClub, helm: Helm, tmp_path: Path, role: str
) -> None:
    people = club()
    chart = helm.package("sail", "0.1.0")
    helm.log_in(hub.registry, people.owner.username, people.owner.token)
    helm("push", PLAIN, str(chart), f"oci://{hub.registry}/{people.name}")
    helm.log_out(hub.registry)
    if person := people.person(role):
        helm.log_in(hub.registry, person.username, person.token)

    done = helm.pull(f"{hub.registry}/{people.name}/sail", tmp_path / "out", "--version", "0.1.0", check=False)

    if role in INSIDERS:
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "out" / chart.name).read_bytes() == chart.read_bytes()
    else:
        assert done.returncode != 0
        assert is_refusal(done.stderr)


def test_somebody_elses_namespace_takes_no_chart(hub: Hub, somebody: MakePerson, helm: Helm) -> None:
    owner, other = somebody(), somebody()
    helm.log_in(hub.registry, other.username, other.token)

    said = helm.refusal("push", PLAIN, str(helm.package("sail", "0.1.0")), f"oci://{hub.registry}/{owner.username}")

    assert is_refusal(said)
