import numpy as np
from quality.genre import GenreClassifier, accuracy, confusion, unseen_takes

random = np.random.default_rng(0)
CENTRES = {"salsa": 0.0, "modern": 4.0}


def windows(take_spread: float = 0.0) -> tuple[np.ndarray, list[str], list[str]]:
    rows, labels, groups = [], [], []
    for genre, centre in CENTRES.items():
        for take in range(4):
            offset = take_spread * random.standard_normal(5)
            rows.append(centre + offset + random.standard_normal((20, 5)))
            labels += [genre] * 20
            groups += [f"{genre}{take}"] * 20
    return np.concatenate(rows), labels, groups


def test_genres_apart_are_recognised_in_takes_not_seen():
    truth, predicted = unseen_takes(*windows())
    assert accuracy(truth, predicted)[1] > 0.95


def test_a_genre_of_one_take_cannot_be_left_out():
    features, labels, groups = windows()
    labels = ["solo" if g == "salsa0" else label for g, label in zip(groups, labels, strict=True)]
    truth, _ = unseen_takes(features, labels, groups)
    assert "solo" not in truth


def test_a_rare_genre_counts_as_much_as_a_common_one():
    features, labels, _ = windows()
    few = [i for i, name in enumerate(labels) if name == "salsa"] + [80, 81, 82]
    classifier = GenreClassifier.fit(features[few], [labels[i] for i in few])
    truth = [labels[i] for i in range(len(labels)) if i not in few]
    rest = np.delete(features, few, axis=0)
    assert accuracy(truth, classifier.predict(rest))[0] > 0.9


def test_balanced_accuracy_and_confusion():
    truth, predicted = ["a", "a", "a", "b"], ["a", "a", "a", "a"]
    assert accuracy(truth, predicted) == (0.75, 0.5)
    assert confusion(("a", "b"), truth, predicted).tolist() == [[3, 0], [1, 0]]
