"""cosign against a running hub: signatures by a key pair as referrers and as tags, found, verified, moved, removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import gotools
from tests.clients import layouts
from tests.clients.cast import INSIDERS, ROLES, MakeClub, MakePerson, is_refusal
from tests.clients.drivers.programs import Cosign, Crane
from tests.clients.layouts import Layout
from tests.clients.relay import Relay
from tests.live import Hub

pytestmark = [pytest.mark.live, pytest.mark.lengthy, gotools.needs("cosign", "crane")]

#: The older form: the signature is an image under a tag that is made from the digest.
TAGGED = "--new-bundle-format=false"


@pytest.fixture
def signed(relay: Relay, somebody: MakePerson, cosign: Cosign, crane: Crane, tmp_path: Path) -> tuple[str, Layout]:
    """An image's name, and what is in it: pushed, and nothing signed yet. cosign is logged in; it has two key pairs."""
    owner = somebody()
    name = f"{relay.registry}/{owner.username}/signed"
    layout = layouts.write(tmp_path / "in", os.urandom(10_000))
    assert cosign.log_in(relay.registry, owner.username, owner.token).returncode == 0
    crane("push", str(layout.folder), f"{name}:1.0")
    for key in ("ours", "theirs"):
        cosign.make_keys(key)
    return name, layout


@pytest.mark.shows("cosign", "log in", "sign", "referrers")
@pytest.mark.shows("cosign", "push", note="signatures and attestations")
def test_a_signature_is_a_referrer_that_the_right_key_alone_verifies(
    signed: tuple[str, Layout], relay: Relay, cosign: Cosign, crane: Crane
) -> None:
    name, layout = signed
    image = f"{name}@{layout.digest}"

    cosign.sign("ours", image)
    right, wrong = cosign.verify("ours", image), cosign.verify("theirs", image)

    assert right.returncode == 0, right.stderr
    assert layout.digest in right.stdout
    assert wrong.returncode != 0
    assert "failed to verify signature" in wrong.stderr
    assert "artifacts via OCI referrer" in cosign.tree(image)
    assert crane.tags(name) == ["1.0"]
    assert relay.asked("GET", f"/referrers/{layout.digest}")


@pytest.mark.shows("cosign", "log in")
def test_a_wrong_password_shows_at_the_first_signature(signed: tuple[str, Layout], cosign: Cosign) -> None:
    """`cosign login` writes down what it is told and asks nobody."""
    name, layout = signed
    registry, owner = name.split("/")[:2]
    cosign.log_in(registry, owner, "not-the-password")

    refused = cosign.try_to_sign("ours", f"{name}@{layout.digest}")

    assert refused.returncode != 0
    assert "The user name or the password, or the access token, is not right." in refused.stderr


@pytest.mark.shows("cosign", "several platforms", note="signs an index and each of its images")
def test_an_index_is_signed_with_each_of_its_images(
    signed: tuple[str, Layout], cosign: Cosign, crane: Crane, tmp_path: Path
) -> None:
    name, _ = signed
    layout = layouts.write_index(tmp_path / "index", "amd64", "arm64")
    crane("push", str(layout.folder), f"{name}:multi")
    children = [child["digest"] for child in crane.manifest(f"{name}:multi")["manifests"]]

    cosign.sign("ours", f"{name}@{layout.digest}", "--recursive")

    assert len(children) == 2
    for digest in (layout.digest, *children):
        assert cosign.verify("ours", f"{name}@{digest}").returncode == 0
        assert cosign.verify("theirs", f"{name}@{digest}").returncode != 0


@pytest.mark.shows("cosign", "sign")
def test_a_signature_may_be_a_tag_as_well(signed: tuple[str, Layout], cosign: Cosign, crane: Crane) -> None:
    name, layout = signed
    image = f"{name}@{layout.digest}"

    cosign.sign("ours", image, TAGGED)
    right, wrong = cosign.verify("ours", image, TAGGED), cosign.verify("theirs", image, TAGGED)

    assert right.returncode == 0, right.stderr
    assert wrong.returncode != 0
    assert "no matching signatures" in wrong.stderr
    assert crane.tags(name) == ["1.0", f"{layout.digest.replace(':', '-')}.sig"]
    assert "Signatures for an image tag" in cosign.tree(image)


def test_an_unsigned_image_is_said_to_be_one(signed: tuple[str, Layout], cosign: Cosign) -> None:
    name, layout = signed

    refused = cosign.verify("ours", f"{name}@{layout.digest}")

    assert refused.returncode != 0
    assert "no signatures found" in refused.stderr


@pytest.mark.shows("cosign", "referrers")
def test_an_attestation_hangs_on_the_image_beside_the_signature(signed: tuple[str, Layout], cosign: Cosign) -> None:
    name, layout = signed
    image = f"{name}@{layout.digest}"
    (cosign.folder / "predicate.json").write_text('{"built": "here"}')
    cosign.sign("ours", image)

    cosign(
        *("attest", "--key", "ours.key", "--yes", "--use-signing-config=false", "--tlog-upload=false"),
        *("--type", "custom", "--predicate", "predicate.json", image),
    )
    verifying = ("verify-attestation", "--insecure-ignore-tlog", "--type", "custom", "--key")
    wrong = cosign.refusal(*verifying, "theirs.pub", image)
    cosign(*verifying, "ours.pub", image)

    assert "no matching attestations" in wrong
    assert cosign.tree(image).count("artifacts via OCI referrer") == 2


@pytest.mark.shows("cosign", "pull")
@pytest.mark.shows("cosign", "push", note="signatures and attestations")
def test_an_image_is_saved_with_its_signature_and_loaded_elsewhere(
    signed: tuple[str, Layout], cosign: Cosign, tmp_path: Path
) -> None:
    """In the form of tags: of a signature that is a referrer, `cosign load` pushes the manifest without its layer."""
    name, layout = signed
    cosign.sign("ours", f"{name}@{layout.digest}", TAGGED)

    cosign("save", "--dir", str(tmp_path / "saved"), f"{name}@{layout.digest}")
    cosign("load", "--dir", str(tmp_path / "saved"), f"{name}-copy:1.0")

    assert layout.blobs.items() <= layouts.read(tmp_path / "saved").items()
    verified = cosign.verify("ours", f"{name}-copy:1.0", TAGGED)
    assert verified.returncode == 0, verified.stderr


@pytest.mark.shows("cosign", "delete")
def test_signatures_of_both_forms_are_removed(signed: tuple[str, Layout], cosign: Cosign, crane: Crane) -> None:
    name, layout = signed
    image = f"{name}@{layout.digest}"
    cosign.sign("ours", image)
    cosign.sign("ours", image, TAGGED)

    cosign("clean", "--force", image)

    assert crane.tags(name) == ["1.0"]
    assert "No Supply Chain Security Related Artifacts" in cosign("tree", image).stdout
    assert cosign.verify("ours", image).returncode != 0


@pytest.mark.shows("cosign", "private")
@pytest.mark.parametrize("role", ROLES)
def test_the_signature_of_a_private_image_is_for_its_people(
    hub: Hub, club: MakeClub, cosign: Cosign, crane: Crane, tmp_path: Path, role: str
) -> None:
    people = club()
    layout = layouts.write(tmp_path / "in", b"only for us")
    name = f"{hub.registry}/{people.name}/secret"
    crane.log_in(hub.registry, people.owner.username, people.owner.token)
    crane("push", str(layout.folder), f"{name}:1.0")
    cosign.make_keys("ours")
    cosign.sign("ours", f"{name}@{layout.digest}")
    crane.log_out(hub.registry)
    if person := people.person(role):
        cosign.log_in(hub.registry, person.username, person.token)

    done = cosign.verify("ours", f"{name}:1.0")

    assert (done.returncode == 0) == (role in INSIDERS), done.stderr
    assert is_refusal(done.stderr) == (role not in INSIDERS)
