"""FID, DIV, BAS, FSR and PFC as published (docs/reference/metrics.md), y or z up."""

from __future__ import annotations

import numpy as np
from scipy import linalg
from scipy.ndimage import gaussian_filter
from scipy.signal import argrelextrema


def fid(generated, real):
    """With scipy's matrix square root, of which the real part is kept."""
    difference = generated.mean(axis=0) - real.mean(axis=0)
    one, other = np.cov(generated, rowvar=False), np.cov(real, rowvar=False)
    root = linalg.sqrtm(one @ other)
    return difference @ difference + np.trace(one) + np.trace(other) - 2 * np.trace(root).real


def div(features):
    """Mean distance, pair by pair."""
    total = count = 0
    for first in range(len(features)):
        for second in range(first + 1, len(features)):
            total += np.linalg.norm(features[first] - features[second])
            count += 1
    return total / count


def bas(music_frames, positions, smoothing=5.0):
    """Over music beats, frames as unit; raises without dance beats, as the scripts do."""
    speed = np.mean(np.sqrt(((positions[1:] - positions[:-1]) ** 2).sum(axis=2)), axis=1)
    dance = argrelextrema(gaussian_filter(speed, smoothing), np.less)[0]
    total = 0.0
    for beat in music_frames:
        total += np.exp(-np.min((dance - beat) ** 2) / 2 / 9)
    return total / len(music_frames)


def bas_mint(music_frames, positions):
    """Over dance beats: minima among ten neighbours of the unsmoothed summed speed."""
    speed = np.sqrt(((positions[1:] - positions[:-1]) ** 2).sum(axis=2)).sum(axis=1)
    dance = argrelextrema(speed, np.less, order=10)[0]
    return np.mean([np.exp(-np.min((music_frames - d) ** 2) / 2 / 9) for d in dance])


def fsr(y_up):
    """Lodge's share of contact frames in which a foot slides."""
    left, right = y_up[0, 10, 1], y_up[0, 11, 1]
    ground = (left + right) / 2 if abs(left - right) < 0.02 else min(left, right)
    shares = []
    for ankle, toe in ((7, 10), (8, 11)):
        stands = slides = 0
        for frame in range(len(y_up) - 1):
            if y_up[frame, ankle, 1] - ground > 0.08 or y_up[frame, toe, 1] - ground > 0.05:
                continue
            stands += 1
            for joint in (ankle, toe):
                step = y_up[frame + 1, joint] - y_up[frame, joint]
                if abs((step[0] + step[2]) / 2) > 0.01:
                    slides += 1
                    break
        shares.append(slides / stands)
    return np.mean(shares)


def pfc(joints, up=2):
    """EDGE's, with the component that is taken as up."""
    flat = [axis for axis in range(3) if axis != up]
    total, largest = [], 0.0
    for frame in range(len(joints) - 2):
        push = (joints[frame + 2, 0] - 2 * joints[frame + 1, 0] + joints[frame, 0]) * 900
        push[up] = max(push[up], 0)
        force = np.linalg.norm(push)
        largest = max(largest, force)
        step = np.linalg.norm((joints[frame + 2] - joints[frame + 1])[:, flat], axis=-1)
        total.append(force * min(step[7], step[10]) * min(step[8], step[11]))
    return np.mean(total) / largest * 10_000
