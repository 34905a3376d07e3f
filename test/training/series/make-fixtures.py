r"""Writes the fixtures of metric formats with the libraries whose formats they are.

    python -m venv venv
    venv/bin/pip install dvclive==3.49.1 tensorboardX==2.6.5 tensorboard==2.21.0 mlflow==3.17.2 wandb==0.31.0 \
        lightning-fabric==2.6.6 transformers==5.23.0
    venv/bin/python test/training/series/make-fixtures.py

Versions that wrote what is checked in stand in fixtures/versions.json. Every training tells for the steps 0 to 4
loss = 1 / (step + 1) and accuracy = step / 10, as float64.
"""

import json
import os
import shutil
import struct
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent / "fixtures"
STEPS = range(5)
VERSIONS: dict[str, str] = {}


def folder(name: str) -> Path:
    path = HERE / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    os.chdir(path)
    return path


def loss(step: int) -> float:
    return 1 / (step + 1)


def dvclive() -> None:
    from dvclive import Live

    path = folder("dvclive")
    with Live("out", dvcyaml=None, save_dvc_exp=False, monitor_system=False, report=None) as live:
        for step in STEPS:
            live.log_metric("train/loss", loss(step))
            live.log_metric("accuracy", step / 10, timestamp=True)
            live.next_step()
        live.log_metric("test/score", 0.25, plot=False)
    for rest in path.rglob("*"):
        if rest.is_file() and rest.suffix not in {".tsv", ".json"}:
            rest.unlink()


def tensorboard_x() -> None:
    from tensorboardX import SummaryWriter

    folder("tensorboardx")
    for run, factor in (("train", 1), ("validation", 2)):
        writer = SummaryWriter(run)
        for step in STEPS:
            writer.add_scalar("epoch/loss", loss(step) * factor, step)
            writer.add_histogram("weights", [1.0, 2.0, 3.0], step)
            writer.add_text("note", "text", step)
        writer.add_scalar("epoch/loss", float("nan"), 5) if run == "validation" else None
        writer.close()
        (file,) = Path(run).iterdir()
        file.rename(file.with_suffix(".host"))


def tensorflow() -> None:
    """TF2's summaries, as tf.summary.scalar stores them, by TensorBoard's own code, with no TensorFlow."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb
    from tensorboard.summary.writer.event_file_writer import EventFileWriter
    from tensorboard.util.tensor_util import make_tensor_proto

    folder("tensorflow2")
    writer = EventFileWriter("logs")
    for step in STEPS:
        event = Event(step=step, wall_time=1.0 + step)
        listed = scalar_pb("loss", loss(step))
        content = Summary.Value(tag="accuracy")
        content.metadata.plugin_data.plugin_name = "scalars"
        packed = make_tensor_proto(step / 10, dtype="float64")
        content.tensor.dtype = packed.dtype
        content.tensor.tensor_shape.CopyFrom(packed.tensor_shape)
        content.tensor.tensor_content = struct.pack("<d", step / 10)
        event.summary.value.extend([listed.value[0], content])
        writer.add_event(event)
    writer.flush()
    writer.close()
    (file,) = Path("logs").iterdir()
    file.rename("logs/events.out.tfevents.1.host")


def mlflow_sqlite() -> None:
    path = folder("mlflow")
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{path}/mlflow.db")
    experiment = mlflow.create_experiment("e", artifact_location=f"{path}/unused")
    with mlflow.start_run(experiment_id=experiment, run_id=None):
        for step in STEPS:
            mlflow.log_metrics({"loss": loss(step), "accuracy": step / 10}, step=step)
        mlflow.log_metric("broken", float("nan"), step=5)
        mlflow.log_metric("huge", float("inf"), step=5)
    shutil.rmtree(path / "unused", ignore_errors=True)
    # Only the tables that are read, so that a binary fixture stays small.
    import sqlite3

    with sqlite3.connect("mlflow.db") as source, sqlite3.connect("small.db") as small:
        for (sql,) in source.execute("SELECT sql FROM sqlite_schema WHERE name = 'metrics'"):
            small.execute(sql)
        for row in source.execute("SELECT * FROM metrics ORDER BY rowid"):
            small.execute(f"INSERT INTO metrics VALUES ({','.join('?' * len(row))})", row)
    os.replace("small.db", "mlflow.db")


def mlflow_files() -> None:
    path = folder("mlruns")
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    import mlflow

    mlflow.set_tracking_uri(f"file://{path}/mlruns")
    experiment = mlflow.create_experiment("e", artifact_location=f"{path}/unused")
    with mlflow.start_run(experiment_id=experiment):
        for step in STEPS:
            mlflow.log_metrics({"train/loss": loss(step)}, step=step)
    for rest in sorted(path.rglob("*"), reverse=True):
        if rest.is_file() and "metrics" not in rest.parts:
            rest.unlink()
        elif rest.is_dir() and not any(rest.iterdir()):
            rest.rmdir()


def only_history(log: bytes) -> bytes:
    """The file without records that tell of this machine. All lie whole in its first block of 32 KiB."""
    from wandb.proto.wandb_internal_pb2 import Record

    kept, at = log[:7], 7
    while at < min(len(log), 32_768):
        (length,) = struct.unpack_from("<H", log, at + 4)
        chunk = log[at : at + 7 + length]
        if Record.FromString(chunk[7:]).WhichOneof("record_type") == "history":
            kept += chunk
        at += len(chunk)
    return kept


def wandb_offline() -> None:
    path = folder("wandb")
    import wandb

    os.environ["WANDB_SILENT"] = "true"
    run = wandb.init(mode="offline", project="p", dir=str(path), settings=wandb.Settings(x_disable_stats=True))
    for step in STEPS:
        run.log({"loss": loss(step), "nested": {"accuracy": step / 10}, "note": "text"})
    run.finish()
    # Offline, this version writes its own file alone, and no wandb-summary.json.
    (file,) = path.glob("wandb/offline-run-*/run-*.wandb")
    for _ in range(50):  # its service writes on for a moment
        if only_history(file.read_bytes()).count(b"_timestamp") == len(STEPS):
            break
        time.sleep(0.2)
    kept = only_history(file.read_bytes())
    shutil.rmtree(path / "wandb")
    target = path / "wandb" / "offline-run-20260101_000000-abcd1234"
    target.mkdir(parents=True)
    (target / "run-abcd1234.wandb").write_bytes(kept)


def lightning_csv() -> None:
    folder("lightning")
    from lightning_fabric.loggers.csv_logs import CSVLogger

    logger = CSVLogger(root_dir=".", name="logs", version=0, flush_logs_every_n_steps=1)
    for step in STEPS:
        logger.log_metrics({"train_loss": loss(step), "epoch": step // 2}, step=step)
        if step % 2 == 1:
            logger.log_metrics({"val_acc": step / 10, "epoch": step // 2}, step=step)
    logger.save()


def huggingface() -> None:
    path = folder("huggingface")
    from transformers.trainer_callback import TrainerState

    state = TrainerState(max_steps=5, num_train_epochs=1)
    for step in STEPS:
        state.global_step = step + 1
        state.epoch = (step + 1) / 5
        state.log_history.append({"loss": loss(step), "learning_rate": 1e-4, "grad_norm": 1.5, "epoch": state.epoch, "step": step + 1})
        if step in (2, 4):
            state.log_history.append({"eval_loss": loss(step) * 2, "eval_runtime": 0.5, "epoch": state.epoch, "step": step + 1})
            (path / f"checkpoint-{step + 1}").mkdir()
            state.save_to_json(str(path / f"checkpoint-{step + 1}" / "trainer_state.json"))


MAKERS = {
    "dvclive": dvclive,
    "tensorboardX": tensorboard_x,
    "tensorboard": tensorflow,
    "mlflow": lambda: (mlflow_sqlite(), mlflow_files()),
    "wandb": wandb_offline,
    "lightning-fabric": lightning_csv,
    "transformers": huggingface,
}

if __name__ == "__main__":
    wanted = sys.argv[1:] or list(MAKERS)
    known = HERE / "versions.json"
    VERSIONS.update(json.loads(known.read_text()) if known.exists() else {})
    for library in wanted:
        try:
            VERSIONS[library] = version(library)
        except PackageNotFoundError:
            print(f"{library} is not installed: its fixture stays as it is")
            continue
        MAKERS[library]()
        print(f"{library} {VERSIONS[library]}")
    known.write_text(json.dumps(VERSIONS, indent=2) + "\n")
