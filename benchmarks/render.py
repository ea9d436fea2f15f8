"""Frames per second of the body renderers, beside plain pyrender and the H.264 encoder.

python benchmarks/render.py [frames]

Prints a table. Each figure is the best of three runs; CPU is what one frame used, ffmpeg included.
Below it the peak memory of the whole command for a short dance and for a long one.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np

from pipelines.body.camera import Camera, cameras_of_view
from pipelines.body.mesh import BodyMesh
from pipelines.body.renderer import Renderer, open_renderer, render_dance
from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.body.scene import Scene
from pipelines.body.skeleton import forward_kinematics
from pipelines.body.wardrobe import dressed_body
from pipelines.keypoints.pose_drawing import draw_pose
from pipelines.keypoints.projection import SeenDance, see_dance
from pipelines.media.video_writer import VideoWriter
from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz
from pipelines.render import RenderConfig
from pipelines.render import render as run_render
from pipelines.support.errors import MissingAsset
from pipelines.support.progress import SILENT

SIZES = ((512, 512), (540, 960), (720, 1280))
REPEATS = 3
SHORT, LONG = 10, 180
"""Seconds of the two dances whose memory is compared."""


def swaying(frames: int) -> tuple[np.ndarray, np.ndarray]:
    """A dance that moves every limb: rotations (T, 24, 3, 3) and pelvis (T, 3)."""
    phase = np.linspace(0, 2 * np.pi, frames, endpoint=False)
    poses = np.zeros((frames, 24, 3))
    poses[:, 0, 0] = np.pi / 2
    poses[:, 16, 2], poses[:, 17, 2] = -0.7 + 0.6 * np.sin(phase), 0.7 + 0.6 * np.sin(phase)
    poses[:, 1, 0], poses[:, 4, 0] = -0.5 - 0.5 * np.sin(phase), 0.5 + 0.5 * np.sin(phase)
    trans = np.stack([0.2 * np.sin(phase), 0 * phase, 0.97 + 0 * phase], axis=-1)
    return axis_angle_to_matrix(poses), trans


def cpu_seconds() -> float:
    """CPU time of this process and of the programs it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def report(what: str, size: str, frames: int, work: Callable[[], None]) -> None:
    """Print the best frames per second and the least CPU milliseconds per frame of three runs."""
    rates, costs = [], []
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), cpu_seconds()
        work()
        rates.append(frames / (time.perf_counter() - wall))
        costs.append((cpu_seconds() - cpu) / frames * 1e3)
    print(f"{size:>10}  {what:<44} {max(rates):8.1f}  {min(costs):7.1f}", flush=True)


def plain_pyrender(
    body: BodyMesh, rotations: np.ndarray, trans: np.ndarray, camera: Camera
) -> None:
    """As pyrender's examples do: a new trimesh and a lit, multisampled scene node per frame."""
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
    import pyrender
    import trimesh

    renderer = pyrender.OffscreenRenderer(camera.width, camera.height)
    scene = pyrender.Scene(bg_color=[1.0, 1.0, 1.0, 1.0], ambient_light=[0.3, 0.3, 0.3])
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = camera.rotation.T * [1, -1, -1], camera.position
    lens = pyrender.IntrinsicsCamera(
        camera.focal, camera.focal, camera.width / 2, camera.height / 2, znear=0.05, zfar=100
    )
    scene.add(lens, pose=pose)
    scene.add(pyrender.DirectionalLight(intensity=3.0), pose=pose)
    colours = np.clip(body.colours, 0, 255).astype(np.uint8)
    for vertices, _ in body.pose(rotations, trans):
        mesh = trimesh.Trimesh(vertices, body.faces, vertex_colors=colours, process=False)
        node = scene.add(pyrender.Mesh.from_trimesh(mesh))
        renderer.render(scene)
        scene.remove_node(node)
    renderer.delete()


def compare(
    body: BodyMesh, rotations: np.ndarray, trans: np.ndarray, width: int, height: int
) -> None:
    """Print the rows of one picture size."""
    frames, size = len(trans), f"{width}x{height}"
    joints, _ = forward_kinematics(rotations, trans)
    cameras = cameras_of_view("front", joints, 30.0, width, height)
    kept: list[np.ndarray] = []

    def render(renderer: Renderer) -> None:
        kept[:] = list(render_dance(renderer, body, rotations, trans, cameras, Scene()))

    def encode(folder: str) -> None:
        with VideoWriter(Path(folder) / "a.mp4", width, height, Fraction(30)) as video:
            for frame in kept:
                video.write(frame)

    for kind in ("builtin", "pyrender"):
        try:
            renderer = open_renderer(body, width, height, kind)
        except MissingAsset as error:
            print(f"{size:>10}  {kind}: {error.what}")
            continue
        render(renderer)
        report(renderer.name, size, frames, partial(render, renderer))
        renderer.close()
    try:
        rebuilt = partial(plain_pyrender, body, rotations, trans, cameras[0])
        report("pyrender, mesh rebuilt every frame", size, frames, rebuilt)
    except Exception as error:
        print(f"{size:>10}  plain pyrender: {error}")
    with tempfile.TemporaryDirectory() as folder:
        report("H.264 encoding", size, frames, partial(encode, folder))
        seen = see_dance(rotations, trans, cameras, 30.0, body.offsets)
        poses = partial(encode_poses, seen, Path(folder) / "p.mp4")
        report("pose video, drawn and encoded", size, frames, poses)
        clip = partial(whole_clip, trans, Path(folder), width, height)
        report("a whole clip: video, pose video, keypoints", size, frames, clip)


def encode_poses(seen: SeenDance, path: Path) -> None:
    """The second video of a clip."""
    with VideoWriter(path, seen.width, seen.height, Fraction(30), exact_colours=True) as video:
        for xy, facing in zip(seen.xy, seen.facing, strict=True):
            video.write(draw_pose(xy, facing, seen.width, seen.height))


def whole_clip(trans: np.ndarray, folder: Path, width: int, height: int) -> None:
    """The command itself on one dance, another one each time."""
    count = len(list(folder.glob("src*")))
    source = folder / f"src{count}"
    source.mkdir()
    save_npz(dance_of(len(trans), count), source / "a.npz")
    run_render(
        RenderConfig(src=(source,), workspace=folder / "ws", size=f"{width}x{height}"), SILENT
    )


def dance_of(frames: int, place: float = 0.0) -> Motion:
    """`swaying` as a motion, `place` metres aside."""
    rotations, trans = swaying(frames)
    poses = matrix_to_axis_angle(rotations).astype(np.float32)
    return Motion(poses, (trans + np.array([place, 0, 0])).astype(np.float32), 30.0)


# Not the resource usage of a waited-for child: that begins with what its parent had.
_WATCHED = """
import sys
from macedance_cli.app import app
sys.argv = ["macedance", *sys.argv[1:]]
app(standalone_mode=False)
lines = open("/proc/self/status").read().splitlines()
print([line.split()[1] for line in lines if line.startswith("VmHWM")][0])
"""


def peak_memory(seconds: int) -> float:
    """MB that the command, without ffmpeg, needs at most for a dance of so many seconds."""
    with tempfile.TemporaryDirectory() as folder:
        save_npz(dance_of(seconds * 30), Path(folder) / "a.npz")
        command = ["render", "a.npz", "-o", "a.mp4", "--size", "128x128"]
        done = subprocess.run(
            [sys.executable, "-c", _WATCHED, *command], cwd=folder, capture_output=True, text=True,
            check=True, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )  # fmt: skip
        return int(done.stdout.splitlines()[-1]) / 1024


def main() -> None:
    """Print the table."""
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    rotations, trans = swaying(frames)
    body = dressed_body()
    print(f"default body: {len(body.template)} vertices, {len(body.faces)} triangles")
    print(f"{'size':>10}  {'what':<44} {'frames/s':>8}  {'CPU ms':>7}")
    for width, height in SIZES:
        compare(body, rotations, trans, width, height)
    print()
    for seconds in (SHORT, LONG):
        print(f"peak memory, {seconds:>3} s of dance: {peak_memory(seconds):.0f} MB", flush=True)


if __name__ == "__main__":
    main()
