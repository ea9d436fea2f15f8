"""From data sets as downloaded to paired sequences ready for training, with what was skipped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.datasets import cmu
from pipelines.datasets.listing import ListedTake, without_music
from pipelines.datasets.official import list_split, refuse_split_of_pairs
from pipelines.datasets.paired import group_of, is_paired, load_pair, paired, save_pair
from pipelines.datasets.ready_made import ready_made_features
from pipelines.datasets.sequences import PairedSequence
from pipelines.datasets.split_names import chosen
from pipelines.motion.formats import load_motion
from pipelines.motion.grounding import on_floor
from pipelines.motion.motion import Motion
from pipelines.music.features import FEATURE_SCHEMA
from pipelines.music.recipes.recipe import Recipe
from pipelines.music.recipes.timing import under
from pipelines.music.song_cache import cached_features, cached_recipe
from pipelines.rhythm.pulses import Pulses
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import MacedanceError, UnsuitableInput
from pipelines.support.files import read_json, sha256_file, sha256_json, write_json
from pipelines.support.progress import Progress

_VERSION = 2
"""Part of every cached pair's id: raise it when preparation changes."""

_LEAST_MUSIC = 0.9
"""Share of a dance that its song must last; songs may go on after the dance."""
_SILENT = "has no music; --music warp:FOLDER or --music compose gives it some"


@dataclass(frozen=True)
class RecordedDance:
    """A dance without music.

    Attributes:
        motion: at 30 fps; its source is its name.
        group: what must stay together when takes are held out.
        counts: how it was counted, the most trusted reading first; empty: its steps are tracked.
        couple: whether the dancer holds a partner.
    """

    motion: Motion
    group: str
    counts: tuple[Pulses, ...] = ()
    couple: bool = False


class Preparation:
    """Collects paired sequences, data set by data set.

    Args:
        cache: folder for pairs and features, each under an id of its content.
        music: "paired", "compose" and "warp:FOLDER", mixed: which music dances get.
        max_tempo_change: bound for "warp" and "compose".
        seed: of the choice of songs.
        progress: who listens.
        split: the official split to keep to (`official.list_split`).
        recipe: by which the music is heard besides the 35 features; None: by none.

    Attributes:
        sequences: what can be trained on.
        skipped: one line per file that cannot, with the reason.
    """

    def __init__(
        self,
        cache: Path,
        music: tuple[str, ...],
        max_tempo_change: float,
        seed: int,
        progress: Progress,
        split: str | None = None,
        recipe: Recipe | None = None,
    ) -> None:
        self._split, self._recipe = split, recipe
        self._cache = cache
        self._own_music = "paired" in music
        self._compose = "compose" in music
        self._songs = [Path(m.removeprefix("warp:")) for m in music if m.startswith("warp:")]
        self._max_tempo_change, self._seed, self._progress = max_tempo_change, seed, progress
        self.sequences: list[PairedSequence] = []
        self.skipped: list[str] = []

    def add(self, folder: Path) -> None:
        """Take in one data set, whose layout is told from the folder's shape.

        Raises:
            UnsuitableInput: no such folder, no motion in it, or none of the split.
        """
        if not folder.is_dir():
            raise UnsuitableInput(f"{folder}: no such folder", "--data names data set folders")
        if is_paired(folder):
            refuse_split_of_pairs(folder, self._split)
            self._add_pairs(sorted(folder.glob("*.npz")))
            return
        name, listing = list_split(folder, self._split)
        self.skipped += listing.skipped
        silent = without_music(listing.takes)
        self._progress.say(
            f"{folder}: {name}, {len(listing.takes)} dances{self._of_split()}, "
            f"{len(silent)} without music"
        )
        if not listing.takes:
            raise UnsuitableInput(f"{folder}: no motion in a known layout")
        if self._own_music:
            self._add_with_own_music([t for t in listing.takes if t not in silent])
        else:
            silent = listing.takes
        if silent and (self._compose or self._songs):
            content = [[sha256_file(t.motion), t.name, t.genre] for t in silent]
            self._add_with_new_music(content, lambda: self._silent_dances(silent))
        else:
            self.skipped += [f"{take.motion}: {_SILENT}" for take in silent]

    def add_recorded(self, name: str, digest: str, read: Callable[[], list[RecordedDance]]) -> None:
        """Take in dances that lie in no folder of files, such as a dance library's.

        Args:
            name: by which messages call them. digest: of all that they are.
            read: gives them; not asked where their pairs are kept.
        """
        if self._compose or self._songs:
            self._add_with_new_music([[digest]], read)
        else:
            self.skipped.append(f"{name}: {_SILENT}")

    def _add_pairs(self, paths: list[Path]) -> None:
        for path in paths:
            try:
                sequence = load_pair(path)
            except MacedanceError as error:
                self.skipped.append(_reason(path, error))
                continue
            self._refuse_unheard(path, sequence)
            self.sequences.append(sequence)

    def _refuse_unheard(self, path: Path, sequence: PairedSequence) -> None:
        if self._recipe is None:
            return
        kept = "the 35 features alone" if sequence.heard is None else sequence.heard.schema
        if sequence.heard is None or kept != self._recipe.schema:
            raise UnsuitableInput(
                f"{path}: keeps {kept}, not {self._recipe.name}, and no sound to hear that in",
                "prepare it again from its song, with --prepare-only and --music-features "
                f"{self._recipe.name}, or leave that out",
            )

    def _of_split(self) -> str:
        return f" of split {self._split}" if chosen(self._split) else ""

    def _add_with_own_music(self, takes: list[ListedTake]) -> None:
        with self._progress.stage("pairing dances with their music", len(takes), "dances") as step:
            for take in takes:
                try:
                    self.sequences.append(self._own_pair(take))
                except MacedanceError as error:
                    self.skipped.append(_reason(take.motion, error))
                step(1)

    def _own_pair(self, take: ListedTake) -> PairedSequence:
        song = take.music or take.features
        assert song is not None
        identity = sha256_json([
            _VERSION, FEATURE_SCHEMA, sha256_file(take.motion), sha256_file(song), song.name,
            take.name, take.genre, take.group, take.split, take.skip_seconds, *self._heard_by(),
        ])  # fmt: skip
        target = self._cache / f"pair-{identity[:16]}.npz"
        if target.is_file():
            try:
                return load_pair(target)
            except UnsuitableInput:
                target.unlink()
        sequence = self._pair(take)
        save_pair(sequence, song.name, "paired", target)
        return sequence

    def _heard_by(self) -> list[str]:
        """What another recipe adds to the name of a pair."""
        return [] if self._recipe is None else [self._recipe.schema]

    def _pair(self, take: ListedTake) -> PairedSequence:
        motion = _read(take)
        if take.music is not None:
            features = cached_features(take.music, self._cache)
        elif self._recipe is not None:
            raise UnsuitableInput(
                f"{take.motion}: has the 35 features only, and {self._recipe.name} is heard in "
                "sound: put its song beside it"
            )
        else:
            assert take.features is not None
            features = ready_made_features(take.features)
        if features.frames < _LEAST_MUSIC * motion.frames:
            raise UnsuitableInput(
                f"{take.motion}: dances {motion.seconds:.1f} s, but its music "
                f"{(take.music or take.features)} ends after {features.frames / MOTION_FPS:.1f} s"
            )
        skip = round(take.skip_seconds * MOTION_FPS)
        values = features.values[skip : motion.frames]
        motion = motion.sliced(skip, min(motion.frames, features.frames))
        sequence = paired(motion, values, take.name, take.group or take.name, take.split)
        if self._recipe is None or take.music is None:
            return sequence
        heard = cached_recipe(take.music, self._recipe, self._cache)
        return replace(sequence, heard=under(heard, skip, sequence.motion.frames))

    def _add_with_new_music(
        self, content: Sequence[Sequence[str | None]], read: Callable[[], list[RecordedDance]]
    ) -> None:
        """Warp or compose; kept as a list of pairs under an id of everything that goes in.

        Args:
            content: what stands for the dances in that id. read: the dances, if they are needed.
        """
        songs = [p for place in self._songs for p in sorted(place.rglob("*")) if p.is_file()]
        identity = sha256_json([
            _VERSION, FEATURE_SCHEMA, self._max_tempo_change, self._seed, self._compose, content,
            [[p.name, sha256_file(p)] for p in songs], *self._heard_by(),
        ])  # fmt: skip
        manifest = self._cache / f"pairing-{identity[:16]}.json"
        record = _noted(manifest)
        paths = [self._cache / name for name in record["pairs"]] if record else []
        if record and all(path.is_file() for path in paths):
            self.skipped += record["skipped"]
            self._add_pairs(paths)
            return
        before = len(self.skipped)
        made = self._make_pairs(read(), identity[:16])
        write_json(manifest, {"pairs": made.names(), "skipped": self.skipped[before:]})
        made.file.unlink(missing_ok=True)

    def _make_pairs(self, dances: list[RecordedDance], identity: str) -> _Begun:
        from pipelines.datasets.pairing import PairingConfig, pair_takes
        from pipelines.datasets.song_library import song_library

        heard = (self._cache, self._progress, self._recipe)
        songs = [song for place in self._songs for song in song_library(place, *heard)]
        config = PairingConfig(
            warped_songs=4 if songs else 0,
            composed_songs=2 if self._compose else 0,
            max_tempo_change=self._max_tempo_change,
            seed=self._seed,
        )
        by_name = {dance.motion.source or "": dance for dance in dances}
        counts = {name: dance.counts for name, dance in by_name.items() if dance.counts}
        kept = _Begun.found(self._cache, identity)
        self._add_pairs([self._cache / name for name in kept.names()])
        takes = [dance.motion for dance in dances]
        for pair in pair_takes(
            takes, songs, config, self._progress, counts, self._recipe, kept.songs()
        ):
            motion = pair.warped.motion
            take = motion.source or ""
            dance = by_name[take]
            sequence = PairedSequence(
                motion,
                pair.features.values,
                take,
                dance.group,
                couple=dance.couple,
                heard=pair.heard,
            )
            name = f"pair-{identity}-{len(kept.pairs):05d}.npz"
            save_pair(sequence, pair.song, pair.mode, self._cache / name)
            kept.add(take, name, pair.song if pair.mode == "warp" else "")
            self.sequences.append(sequence)
        danced = {take for take, _, _ in kept.pairs}
        self.skipped += [
            f"{name}: no music could be given to it" for name in by_name if name not in danced
        ]
        return kept

    def _silent_dances(self, takes: list[ListedTake]) -> list[RecordedDance]:
        """Dances to be given music.

        Known takes of the CMU archive are corrected and repaired; others are read as they are.
        """
        known = [take.motion for take in takes if cmu.knows(take.motion)]
        found = cmu.read_files(known, self._progress) if known else cmu.Takes()
        self.skipped += found.skipped
        for line in found.repaired:
            self._progress.say(f"repaired {line}")
        dances = [
            RecordedDance(take.motion, take.group, couple=take.couple) for take in found.takes
        ]
        for take in takes:
            if take.motion in known:
                continue
            try:
                motion = replace(_read(take), source=take.name)
                dances.append(RecordedDance(motion, take.group or group_of(take.name)))
            except MacedanceError as error:
                self.skipped.append(_reason(take.motion, error))
        return dances


@dataclass
class _Begun:
    """Pairs made so far, noted take by take: what is stopped goes on behind the last whole take.

    Attributes:
        file: where they are noted. pairs: take, the pair's file, its song ("" where composed).
    """

    file: Path
    pairs: list[tuple[str, str, str]]

    @staticmethod
    def found(cache: Path, identity: str) -> _Begun:
        """What an earlier run left whole; nothing where it left nothing, or files are gone."""
        file = cache / f"pairing-{identity}.part.json"
        try:
            pairs = [(str(take), str(name), str(song)) for take, name, song in read_json(file)]
        except (OSError, ValueError, TypeError):
            pairs = []
        whole = all((cache / name).is_file() for _, name, _ in pairs)
        return _Begun(file, pairs if whole else [])

    def add(self, take: str, name: str, song: str) -> None:
        """Note a pair, and write down those of all takes before it."""
        if self.pairs and self.pairs[-1][0] != take:
            write_json(self.file, self.pairs)
        self.pairs.append((take, name, song))

    def names(self) -> list[str]:
        """The files, in order."""
        return [name for _, name, _ in self.pairs]

    def songs(self) -> dict[str, list[str]]:
        """By take the songs that it was warped onto."""
        found: dict[str, list[str]] = {}
        for take, _, song in self.pairs:
            found.setdefault(take, []).extend([song] if song else [])
        return found


def _noted(manifest: Path) -> dict[str, list[str]] | None:
    """What a manifest says; None where it is missing or damaged."""
    try:
        record = read_json(manifest)
        return {key: [str(item) for item in record[key]] for key in ("pairs", "skipped")}
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _read(take: ListedTake) -> Motion:
    """A take's motion at 30 fps, standing on the floor, with its genre."""
    motion = load_motion(take.motion).resampled(MOTION_FPS)
    return replace(on_floor(motion), genre=take.genre or motion.genre, source=str(take.motion))


def _reason(path: Path, error: MacedanceError) -> str:
    return error.what if path.name in error.what else f"{path}: {error.what}"
