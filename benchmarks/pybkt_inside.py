"""Fits pyBKT and forecasts with it. Runs inside pyBKT's own environment: knows nothing of the project but files of numbers.

`python pybkt_inside.py FOLDER STARTS SEED` reads train.npz and test.npz and writes chance.npy and told.json.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np


def _table(path: Path) -> Any:
    columns = np.load(path)
    return importlib.import_module("pandas").DataFrame(
        {
            "order_id": np.arange(len(columns["correct"])),
            "user_id": columns["student"],
            "skill_name": [f"s{skill}" for skill in columns["skill"]],
            "correct": columns["correct"],
        }
    )


def _run(folder: Path, starts: int, seed: int) -> None:
    model = importlib.import_module("pyBKT.models").Model(seed=seed, num_fits=starts)
    train, test = _table(folder / "train.npz"), _table(folder / "test.npz")
    before = time.process_time()
    model.fit(data=train)
    fitted = time.process_time()
    known = test[test["skill_name"].isin(set(train["skill_name"]))]
    forecast = model.predict(data=known)
    told = {"fit_cpu_seconds": fitted - before, "predict_cpu_seconds": time.process_time() - fitted}
    chance = np.full(len(test), np.nan)
    chance[forecast["order_id"].to_numpy()] = forecast["correct_predictions"].to_numpy()
    np.save(folder / "chance.npy", chance)
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    _run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
