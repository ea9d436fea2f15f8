"""A workspace of ours, and any other folder of motion files, with or without songs beside them."""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.datasets.listing import ListedTake, Listing, sounds_under
from pipelines.datasets.paired import group_of
from pipelines.datasets.phantom_dance import is_phantom_motion
from pipelines.motion.formats import FORMATS, MOTION_SUFFIXES
from pipelines.support.files import read_json
from pipelines.workspace.clips import CAPTURE_RECORD, CLIP_RECORD, MOTION, SOUND

_MOTIONS = tuple(s for row in FORMATS if row.reader and row.unmistakable for s in row.suffixes)
_NO_MOTION = re.compile(r"(.*_)?(shape|stagei)\.npz", re.I)
"""Bodies without a motion, which AMASS's folders hold beside the motions."""
_UNREAD = (".fbx", ".c3d", ".vmd", ".trc", ".glb")
"""Motion formats that no reader is for: listed, so that nobody wonders where they went."""


def is_workspace(folder: Path) -> bool:
    """Whether the folder holds motions/*.npz, or clips with a captured dance."""
    return any((folder / "motions").glob("*.npz")) or any(
        (folder / "clips").glob(f"*/{CAPTURE_RECORD}")
    )


def list_workspace(folder: Path) -> Listing:
    """motions/<id>.npz with music/<id>.* or features/<id>.npz; genres stand in the motions.

    Then the captured dances of `curate`'s kept clips, each with the sound that it was danced to.
    """
    sounds = sounds_under(folder / "music") if (folder / "music").is_dir() else {}
    listing = Listing()
    for path in sorted((folder / "motions").glob("*.npz")):
        features = folder / "features" / path.name
        listing.takes.append(
            ListedTake(
                path.stem,
                path,
                music=sounds.get(path.stem),
                features=features if features.is_file() else None,
                group=group_of(path.stem),
            )
        )
    for record in sorted((folder / "clips").glob(f"*/{CAPTURE_RECORD}")):
        _list_captured(record.parent, listing)
    return listing


def _list_captured(clip: Path, listing: Listing) -> None:
    """A clip's dance; windows of one video overlap, so they are held out together."""
    try:
        facts = read_json(clip / CLIP_RECORD)
        capture = facts["capture"]
        group, kept, split = facts["source"]["sha256"], facts["kept"], facts["split"]
    except (OSError, ValueError, KeyError, TypeError):
        listing.skipped.append(f"{clip}: its capture was not finished; run curate again")
        return
    if not (clip / MOTION).is_file():
        listing.skipped.append(f"{clip}: no dance in it ({capture.get('reason', 'lost')})")
    elif kept:
        sound = clip / SOUND
        music = sound if sound.is_file() else None
        listing.takes.append(
            ListedTake(clip.name, clip / MOTION, music, None, facts.get("genre"), group, split)
        )


def every_motion_file(folder: Path) -> Listing:
    """Every file under a folder that may be a motion, PhantomDance's too, whatever its name."""
    sounds = sounds_under(folder)
    listing = Listing()
    for path in sorted(folder.rglob("*")):
        suffix = path.suffix.lower()
        if not path.is_file() or path.name.startswith(".") or _NO_MOTION.fullmatch(path.name):
            continue
        if suffix == ".json" and not is_phantom_motion(path):
            listing.skipped.append(f"{path}: not a PhantomDance motion (no bone_name)")
        elif suffix in MOTION_SUFFIXES:
            sound = sounds.get(path.stem)
            # A video beside a dance is more likely a picture of it than its song.
            music = None if sound is None or sound.suffix.lower() == ".mp4" else sound
            listing.takes.append(ListedTake(path.stem, path, music))
        elif suffix in _UNREAD:
            listing.skipped.append(f"{path}: no reader for {suffix}; export it as BVH")
    return listing


def list_motion_files(folder: Path) -> Listing:
    """Every motion file under a folder, with the song of the same name if there is one."""
    sounds = sounds_under(folder)
    listing = Listing()
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _MOTIONS and not _NO_MOTION.fullmatch(path.name):
            listing.takes.append(
                ListedTake(path.stem, path, sounds.get(path.stem), group=group_of(path.stem))
            )
        elif path.suffix.lower() in _UNREAD:
            listing.skipped.append(f"{path}: no reader for {path.suffix}; export it as BVH")
    return listing
