"""How a peer's process is spoken to: a line of JSON in, one out. It measures by itself, in processor time."""

import gc
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any


def serve(deeds: Mapping[str, Callable[[], Any]]) -> None:
    """Do what each line names and answer {"seconds", "result"} until the input ends."""
    print(json.dumps({"ready": sorted(deeds)}), flush=True)
    for line in sys.stdin:
        work = deeds[json.loads(line)]
        gc.collect()
        began = time.process_time()
        result = work()
        print(json.dumps({"seconds": time.process_time() - began, "result": result}), flush=True)
