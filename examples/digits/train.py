"""Trains a small neural network on the digits and exports it to ONNX.

    python train.py [--data data] [--output out] [--seed 7] [--hidden 64] [--epochs 40] ...

Writes into the output folder:
    model.onnx           pixels (float, n x 64) -> label (int64, n), probabilities (float, n x 10)
    metrics.json         the metrics on the test split, which training never saw
    learning-curve.jsonl one line an epoch, written while training goes on
    predictions.parquet  id, label, y_pred and the probability of each class, for every row of the test split

Defaults are in parameters.json. What Trainyard was told (its inputs `seed` and `parameters`, which arrive as
TRAINYARD_SEED and TRAINYARD_PARAMETERS) goes before them, and a flag goes before both.
"""

import argparse
import copy
import json
import os
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skl2onnx import to_onnx

CLASSES = np.arange(10)
BATCH = 64


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--output", type=Path, default=Path("out"))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--hidden", type=int, help="units of the hidden layer")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--label-noise", type=float, help="share of training labels that are replaced by chance")
    parser.add_argument("--leave-out", type=int, help="id of a row of the training data that is not learned")
    parser.add_argument(
        "--export-classes",
        choices=["as-trained", "reversed"],
        help="order in which the output layer is exported; only `as-trained` is right",
    )
    given = {**json.loads(Path("parameters.json").read_text())}
    given.update(json.loads(os.environ.get("TRAINYARD_PARAMETERS") or "{}"))
    if os.environ.get("TRAINYARD_SEED"):
        given["seed"] = os.environ["TRAINYARD_SEED"]
    known = {action.dest for action in parser._actions}
    unknown = {name for name in given if name.replace("-", "_") not in known}
    if unknown:
        parser.error(f"unknown parameters: {', '.join(sorted(unknown))}")
    # Defaults that are text pass the types of the flags, like what is written on the command line.
    parser.set_defaults(**{name.replace("-", "_"): str(value) for name, value in given.items()})
    return parser.parse_args()


def read(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The ids, the pixels (n x 64) and the labels of one split."""
    table = pq.read_table(path)
    pixels = [name for name in table.column_names if name.startswith("pixel_")]
    images = np.column_stack([table[name].to_numpy() for name in pixels]).astype(np.float32)
    return table["id"].to_numpy(), images, table["label"].to_numpy().astype(np.int64)


def with_noise(labels: np.ndarray, share: float, seed: int) -> np.ndarray:
    """A copy in which that share of the labels is drawn by chance."""
    generator = np.random.default_rng(seed)
    noisy = labels.copy()
    chosen = generator.random(len(labels)) < share
    noisy[chosen] = generator.choice(CLASSES, chosen.sum())
    return noisy


def exported(network: MLPClassifier, order: str) -> MLPClassifier:
    """The network as it is written to ONNX. `reversed` is a mistake that metrics of this process cannot see."""
    if order == "as-trained":
        return network
    other = copy.deepcopy(network)
    other.coefs_[-1] = np.ascontiguousarray(other.coefs_[-1][:, ::-1])
    other.intercepts_[-1] = np.ascontiguousarray(other.intercepts_[-1][::-1])
    return other


def main() -> None:
    options = arguments()
    warnings.simplefilter("ignore", ConvergenceWarning)
    train_ids, images, labels = read(options.data / "train.parquet")
    learned = train_ids != options.leave_out
    images, labels = images[learned], labels[learned]
    ids, test_images, test_labels = read(options.data / "test.parquet")
    labels_shown = with_noise(labels, options.label_noise, options.seed)
    options.output.mkdir(parents=True, exist_ok=True)

    scaler = StandardScaler().fit(images)
    network = MLPClassifier(
        hidden_layer_sizes=(options.hidden,),
        learning_rate_init=options.learning_rate,
        batch_size=BATCH,
        random_state=options.seed,
    )
    with (options.output / "learning-curve.jsonl").open("w") as curve:
        for epoch in range(1, options.epochs + 1):
            network.partial_fit(scaler.transform(images), labels_shown, classes=CLASSES)
            accuracy = network.score(scaler.transform(images), labels)
            point = {"step": epoch, "loss": round(float(network.loss_), 6), "train-accuracy": round(accuracy, 6)}
            curve.write(json.dumps(point) + "\n")
            curve.flush()
            if epoch == 1 or epoch % 10 == 0 or epoch == options.epochs:
                print(f"epoch {epoch} of {options.epochs}: loss {point['loss']:.4f}", flush=True)

    probabilities = network.predict_proba(scaler.transform(test_images))
    predicted = probabilities.argmax(axis=1)
    metrics = {
        "accuracy": accuracy_score(test_labels, predicted),
        "f1-macro": f1_score(test_labels, predicted, average="macro"),
        "log-loss": log_loss(test_labels, probabilities, labels=CLASSES),
    }
    (options.output / "metrics.json").write_text(
        json.dumps({name: round(float(value), 6) for name, value in metrics.items()}, indent=2) + "\n"
    )
    columns = {"id": ids, "label": test_labels, "y_pred": predicted}
    columns.update({f"p{label}": probabilities[:, label] for label in CLASSES})
    pq.write_table(pa.table(columns), options.output / "predictions.parquet")

    pipeline = make_pipeline(scaler, exported(network, options.export_classes))
    # zipmap off: probabilities as one tensor, which every runtime can return.
    model = to_onnx(pipeline, test_images[:1], name="digits", options={"zipmap": False})
    (options.output / "model.onnx").write_bytes(model.SerializeToString())
    print(f"accuracy {metrics['accuracy']:.4f} on {len(ids)} rows that training did not see")


if __name__ == "__main__":
    main()
