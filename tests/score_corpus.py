"""How well the real documents are read: tables and indicators found, and cells compared with readings by hand.

    python -m tests.score_corpus

It takes the documents and the gold from the folder that JISU_SHARED names (default: ``shared`` beside the project),
builds a store of them, and lets the comparison that lies with the gold judge what `kg rows` and `kg projects` print.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import ROOT


def kg(*arguments: str | Path) -> str:
    """Run the command and give what it prints."""
    command = [str(Path(sys.executable).parent / "kg"), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout


def main() -> int:
    """Print the counts of each document, then the comparison with gold; 0 when all of it is right."""
    shared = Path(os.environ.get("JISU_SHARED", ROOT.parent / "shared"))
    texts = sorted((shared / "corpus").glob("*.txt"))
    if not texts:
        print(f"no documents at {shared / 'corpus'}: set JISU_SHARED", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="jisu-score-") as scratch:
        store = Path(scratch) / "store"
        kg("build", *texts, "--store", store)
        for name in ("rows", "projects"):
            kg(name, "--format", "jsonl", "-o", Path(scratch) / f"{name}.jsonl", "--store", store)
        for line in kg("documents", "--format", "jsonl", "--store", store).splitlines():
            document = json.loads(line)
            counts = ", ".join(f"{document[key]} {key}" for key in ("projects", "indicators", "issues"))
            name = document["document"].split("_")[0]
            print(f"{name} {document['department']} {document['fiscal_year']}: {counts}", flush=True)
        gold = sorted((shared / "gold").glob("*.json"))
        score = [sys.executable, shared / "tools" / "score.py", f"{scratch}/rows.jsonl", f"{scratch}/projects.jsonl"]
        return subprocess.run([*score, *gold], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
