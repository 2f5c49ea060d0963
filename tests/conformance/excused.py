"""The rows that cannot pass, each with its reason. The list is exact: a row on it that passes is an error too."""

from __future__ import annotations

_SPARSE = {
    "kinds of data: Sparse Manifests": (
        "Switched off (`OCI_DATA_SPARSE`). The suite would push manifests whose layers or children are not in the "
        "repository. The specification lets a registry reject them (1.1.1, Pushing Manifests), and Berth does, with "
        "`MANIFEST_BLOB_UNKNOWN`, so that what has a tag can be pulled."
    ),
}

#: Title of the run → row → reason.
EXCUSED = {
    "The rewritten suite, version 1.1": _SPARSE,
    "The rewritten suite, version dev": _SPARSE,
    "The older suite": {
        "Pull: Setup Get tag name from environment": (
            "Stands in for the set-up by push, where content that is there already is named in the environment "
            "(`OCI_TAG_NAME`). A run has the one or the other."
        ),
        "Push: Cross-Repository Blob Mount Cross-mounting of nonexistent blob should yield session id": (
            "Looks at the mount before it if that was answered with 202. Berth mounts and answers 201, which the "
            "check in front of this one looks at."
        ),
        "Push: Cross-Repository Blob Mount Cross-mounting without from, and automatic content discovery disabled "
        "should return a 202": (
            "The opposite of the check in front of it, for registries without automatic discovery "
            "(`OCI_AUTOMATIC_CROSSMOUNT=0`). A run has the one or the other."
        ),
        "Content Discovery: Setup Populate registry with test tags (no push)": (
            "Stands in for the set-up by push, where the tags are named in the environment (`OCI_TAG_LIST`). A run "
            "has the one or the other."
        ),
    },
}
