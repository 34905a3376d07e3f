"""A training of many short steps that can be gone on with: no packages, one checkpoint every ten steps."""

import json
import os
import sys
import time
from pathlib import Path

parameters = json.loads(os.environ["TRAINYARD_PARAMETERS"])
steps, seconds = parameters["steps"], parameters["seconds"]
out, checkpoints = Path("out"), Path("checkpoints")
out.mkdir(exist_ok=True)
checkpoints.mkdir(exist_ok=True)

begin = 0
restored = os.environ["TRAINYARD_RESUME_FROM"]
if restored:
    begin = max(json.loads(path.read_text())["step"] for path in Path(restored).glob("*.json"))
print(f"attempt {os.environ['TRAINYARD_ATTEMPT']} begins at step {begin}")

for step in range(begin + 1, steps + 1):
    time.sleep(seconds)
    with open(out / "curve.jsonl", "a") as curve:
        curve.write(json.dumps({"step": step, "loss": 1 / step}) + "\n")
    print(f"step {step} of {steps}", flush=True)
    if step % 10 == 0:
        # Saving takes a while, as that of a model does; the metrics of the step are long known by then.
        time.sleep(2)
        whole = checkpoints / f"{step:04}.tmp"
        whole.write_text(json.dumps({"step": step}))
        whole.rename(checkpoints / f"{step:04}.json")

(out / "model.txt").write_text(f"trained for {steps} steps\n")
(out / "metrics.json").write_text(json.dumps({"loss": 1 / steps}))
sys.exit(0)
