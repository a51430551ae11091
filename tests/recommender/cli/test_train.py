"""`train` as a shell starts it: its progress, its artifact, what it keeps of an earlier one, and how it stops."""

import contextlib
import io
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file

from recommender.artifact import read_manifest
from recommender.cli import main
from recommender.training.progress import STAGES
from tests.recommender.cli.shop import ITEMS_OF_A_THEME, THEMES, VISITORS, command, environment, options

FILES = {
    "content.safetensors",
    "emerging.json",
    "encoder-start.safetensors",
    "encoder.onnx",
    "evaluation.json",
    "histories.safetensors",
    "interests.safetensors",
    "items.parquet",
    "items.safetensors",
    "judged.parquet",
    "manifest.json",
    "user_knn.safetensors",
    "popularity.safetensors",
    "segments.json",
    "transitions.safetensors",
    "vectors.safetensors",
    "visitors.parquet",
}


@pytest.fixture(scope="module")
def lines(trained):
    return [json.loads(line) for line in trained.stdout.splitlines()]


def test_every_line_of_progress_has_the_documented_fields(lines):
    needed = {"stage", "stage_index", "stages", "stage_progress", "progress"}
    for line in lines:
        assert needed <= set(line) <= needed | {"message", "metrics"}
        assert line["stages"] == 6 and 0 <= line["stage_progress"] <= 1 and 0 <= line["progress"] <= 1


def test_the_stages_come_in_the_documented_order(lines):
    stages = list(dict.fromkeys((line["stage_index"], line["stage"]) for line in lines))
    assert stages == list(enumerate(["read", "encode", "rank", "segments", "evaluate", "write"]))
    assert list(STAGES) == [name for _, name in stages]


def test_progress_never_goes_back_and_ends_at_the_whole(lines):
    shares = [line["progress"] for line in lines]
    assert shares == sorted(shares) and shares[-1] == 1.0


def test_progress_tells_how_good_the_blend_is(lines, model):
    (told,) = {json.dumps(line["metrics"]) for line in lines if "metrics" in line}
    assert json.loads(told) == json.loads((model / "evaluation.json").read_text())["models"]["blend"]


def test_the_artifact_is_whole(model):
    manifest = read_manifest(model)
    files = {path.name for path in model.iterdir()}
    assert files | {"encoder.onnx", "encoder-start.safetensors"} == FILES, (
        "the encoder is kept where the blend gives it a weight"
    )
    assert set(manifest["checksums"]) == files - {"manifest.json"}
    assert manifest["counts"]["visitors"] == VISITORS
    assert manifest["counts"]["items"] == len(THEMES) * ITEMS_OF_A_THEME
    assert manifest["seed"] == 5
    assert ("encoder" in manifest["config"]) == ("encoder.onnx" in files)
    assert sum(manifest["blend"].values()) == pytest.approx(1, abs=1e-3)


def test_others_may_read_the_artifact(model):
    assert {oct(path.stat().st_mode & 0o777) for path in model.iterdir()} == {"0o644"}


def test_the_evaluation_holds_the_blend_and_every_component_with_intervals(model):
    evaluation = json.loads((model / "evaluation.json").read_text())
    names = {"blend", "encoder", "transitions", "user_knn", "content", "popularity"}
    assert set(evaluation["models"]) == set(evaluation["intervals"]) == names
    assert evaluation["protocol"] == "leave-one-out" and evaluation["visitors"] > 30
    for name in names:
        low, high = evaluation["intervals"][name]["ndcg@10"]
        assert low <= evaluation["models"][name]["ndcg@10"] <= high


def test_segments_follow_the_themes(model):
    visitors = pq.read_table(model / "visitors.parquet").to_pydict()
    themes = [int(name.split("-")[1]) % 3 for name in visitors["visitor_id"]]
    assert len(set(visitors["segment"])) > 1
    assert len(set(zip(visitors["segment"], themes, strict=True))) == 3, "a theme lies within one segment"


@pytest.fixture(scope="module")
def again(files, model, tmp_path_factory):
    """A training of the same data and seed after an artifact whose segments have other numbers, in another order."""
    folder = tmp_path_factory.mktemp("again")
    previous = shutil.copytree(model, folder / "previous")
    entries = json.loads((previous / "segments.json").read_text())
    new_number = {entry["number"]: 20 - entry["number"] for entry in entries}
    visitors = pq.read_table(previous / "visitors.parquet").to_pydict()
    visitors["segment"] = [new_number[number] for number in visitors["segment"]]
    pq.write_table(pa.table(visitors), previous / "visitors.parquet")
    renumbered = [{**entry, "number": new_number[entry["number"]]} for entry in entries]
    (previous / "segments.json").write_text(json.dumps(renumbered))
    words = [
        *files,
        *options(out=folder / "model", previous=previous, preset="fast", seed=5, progress="none"),
        "--json",
    ]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(["train", *map(str, words)]) == 0
    return printed.getvalue(), folder / "model", new_number


def test_segments_keep_the_numbers_of_the_previous_artifact(model, again):
    _, folder, new_number = again
    before, after = (pq.read_table(path / "visitors.parquet").to_pydict() for path in (model, folder))
    assert after["segment"] == [new_number[number] for number in before["segment"]]
    described = json.loads((folder / "segments.json").read_text())
    assert {entry["number"] for entry in described} == set(new_number.values())


def test_the_same_data_and_seed_give_the_same_models(model, again):
    _, folder, _ = again
    for name in ("transitions", "user_knn", "popularity", "vectors", "histories"):
        first, second = (load_file(path / f"{name}.safetensors") for path in (model, folder))
        assert {key: array.tolist() for key, array in first.items()} == {
            key: array.tolist() for key, array in second.items()
        }, name
    assert (folder / "evaluation.json").read_bytes() == (model / "evaluation.json").read_bytes()


def test_json_prints_the_manifest_alone(again):
    text, folder, _ = again
    printed = json.loads(text)
    assert printed.pop("out") == str(folder)
    manifest = read_manifest(folder)
    assert printed == {name: value for name, value in manifest.items() if name in printed} and "blend" in printed


def test_a_stop_in_mid_training_leaves_checkpoints_and_the_earlier_artifact(shop, files, model, tmp_path):
    out, checkpoints = shutil.copytree(model, tmp_path / "model"), tmp_path / "checkpoints"
    long = tmp_path / "long.json"
    long.write_text(json.dumps({"encoder": {"epochs": 5000, "patience": 5000, "hidden": 8, "dimensions": 8}}))
    words = [*files, *options(out=out, config=long, checkpoint=checkpoints, preset="fast", progress="json")]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command("train", *words), cwd=shop, env=environment(), text=True, **pipes) as training:
        for line in training.stdout:
            if json.loads(line).get("message", "").startswith("epoch 3 of"):
                training.send_signal(signal.SIGTERM)
                break
        _, errors = training.communicate(timeout=30)
    assert training.returncode == 143 and errors == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoints", "long.json", "model"]
    assert [path.name for path in checkpoints.iterdir()] == ["encoder-validation.safetensors"]
    assert read_manifest(out)["seed"] == 5


def test_the_manifest_counts_what_was_left_out_and_what_is_left(model):
    manifest = json.loads((model / "manifest.json").read_text())
    cleaning = manifest["cleaning"]
    assert cleaning["kept"] == manifest["counts"]["interactions"] == sum(cleaning["by_weight"].values())
    assert cleaning["left_out"]["program_visitors"] == 0 and cleaning["sessions"] > 0


@pytest.mark.slow
def test_of_several_processes_only_the_first_writes_and_tells(shop, files, tmp_path):
    """Two processes under `torchrun`: one artifact, one set of progress lines, no leftovers."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words = ["-m", "recommender", "train", *files, *options(out=tmp_path / "model", preset="fast", progress="json")]
    done = subprocess.run(
        [*launcher, *map(str, words)], cwd=shop, env=environment(), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    shares = [line["progress"] for line in lines]
    assert shares == sorted(shares) and lines[-1]["stage"] == "write"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    read_manifest(tmp_path / "model")


def test_a_link_stays_and_what_it_leads_to_is_replaced(files, model, tmp_path):
    first = shutil.copytree(model, tmp_path / "first")
    (tmp_path / "current").symlink_to("first")
    config = tmp_path / "plain.json"
    config.write_text('{"encoder": {"epochs": 0}, "user_knn": {"dimensions": 12}}')
    words = [*files[:4], *options(config=config, out=tmp_path / "current", seed=8, progress="none")]
    assert main(["train", *map(str, words)]) == 0
    assert (tmp_path / "current").readlink() == Path("first") and read_manifest(first)["seed"] == 8
    assert sorted(path.name for path in tmp_path.iterdir()) == ["current", "first", "plain.json"]
