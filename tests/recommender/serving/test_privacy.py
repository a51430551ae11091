"""What a shop computes stays on its machine."""

import subprocess
import sys

from tests.recommender.cli.shop import environment

SCRIPT = "import sys; from recommender.serving import Recommender; assert Recommender.load(sys.argv[1]).encoder"


def test_a_process_that_loads_an_encoder_writes_nothing_and_keeps_no_identifier(artifact, tmp_path):
    """Without a word ONNX Runtime keeps an identifier of the machine at home, and sends what it saw to Microsoft."""
    ours = environment() | {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    ours = {name: value for name, value in ours.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    assert subprocess.run([sys.executable, "-c", SCRIPT, artifact], env=ours).returncode == 0
    assert list(tmp_path.iterdir()) == []
