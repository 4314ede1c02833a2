"""The local AWS, with four habits of the real one that ministack lacks. A process of its own.

On Lambda a layer is unpacked once and mounted read-only, and sandboxes that idle are taken away.
ministack unpacks the layer anew for each worker, which costs a second and 70 MB apiece, and keeps
one worker of every function for good. API Gateway takes the answers that it gives by itself, a
browser's preflight among them, from the API's definition, where SAM writes them; ministack reads
past them. Its version is pinned exactly; the test of this module tells when an update moves what
is reached into here.
"""

import hashlib
import os
import shutil
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.app import main as serve  # type: ignore[import-untyped]
from ministack.core import lambda_runtime  # type: ignore[import-untyped]
from ministack.services import apigateway_v1  # type: ignore[import-untyped]

LAYERS_VARIABLE = "LIMELIGHT_LAYER_CACHE"
IDLE_VARIABLE = "LIMELIGHT_WORKER_IDLE_SECONDS"
IDLE_SECONDS = 120.0
GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"

_unpacking = threading.Lock()


class Archive(zipfile.ZipFile):
    """Unpacks a layer's archive once; each worker's copy is links to that."""

    def namelist(self) -> list[str]:
        """Nothing of a layer, so that no worker looks at thousands of names for one that leads out:
        what is unpacked never does, which zipfile sees to.
        """
        return [] if Path(str(self.filename)).name.startswith("layer_") else super().namelist()

    def extractall(self, path: object = None, *_: object, **__: object) -> None:
        target = Path(str(path))
        if not target.name.startswith("layer_"):
            super().extractall(target)
            return
        for entry in _unpacked(self).iterdir():
            (target / entry.name).symlink_to(entry)
        Path(str(self.filename)).unlink()


def share_layers() -> None:
    """Let workers share one unpacked copy of each layer."""
    lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": Archive})


def drop_idle_workers(idle: float) -> int:
    """End the workers that were not called for `idle` seconds, the last of a function included."""
    oldest = time.time() - idle
    with lambda_runtime._lock:  # noqa: SLF001 - ministack has no call for it
        pools = lambda_runtime._workers  # noqa: SLF001
        dropped = [
            worker
            for pool in pools.values()
            for worker in pool
            if not worker.in_use and worker.last_used < oldest
        ]
        for key, pool in list(pools.items()):
            pools[key] = [worker for worker in pool if worker not in dropped]
    lambda_runtime.kill_workers(dropped)
    return len(dropped)


def keep_responses() -> None:
    """Let an API's definition say what an operation without a function answers: SAM's CORS does."""
    import_operation = apigateway_v1._import_operation  # noqa: SLF001

    def complete(
        api: str, resource: str, method: str, operation: dict[str, Any], *security: Any
    ) -> None:
        import_operation(api, resource, method, operation, *security)
        integration = (operation or {}).get("x-amazon-apigateway-integration") or {}
        for pattern, answer in integration.get("responses", {}).items():
            apigateway_v1._put_integration_response(  # noqa: SLF001
                api,
                resource,
                method,
                str(answer["statusCode"]),
                {**answer, "selectionPattern": "" if pattern == "default" else pattern},
            )

    apigateway_v1._import_operation = complete  # noqa: SLF001


def read_gateway_responses() -> None:
    """Let an API that is made of a definition answer by itself as that says."""
    import_api = apigateway_v1._import_rest_api  # noqa: SLF001 - ministack has no hook for it

    def import_whole(definition: dict[str, Any], base: dict[str, Any] | None = None) -> str:
        api_id: str = import_api(definition, base)
        for kind, answer in definition.get(GATEWAY_RESPONSES, {}).items():
            apigateway_v1._put_gateway_response(api_id, kind, answer)  # noqa: SLF001
        return api_id

    apigateway_v1._import_rest_api = import_whole  # noqa: SLF001


def main() -> None:
    idle = float(os.environ.get(IDLE_VARIABLE, IDLE_SECONDS))
    share_layers()
    keep_responses()
    read_gateway_responses()
    threading.Thread(target=_keep_dropping, args=(idle,), daemon=True).start()
    serve()


def _keep_dropping(idle: float) -> None:
    while True:
        time.sleep(idle / 4)
        drop_idle_workers(idle)


def _unpacked(archive: zipfile.ZipFile) -> Path:
    """Where the contents of this archive lie, unpacked at first use."""
    source = Path(str(archive.filename))
    contents = hashlib.sha256(source.read_bytes()).hexdigest()[:32]
    home = Path(os.environ.get(LAYERS_VARIABLE, tempfile.gettempdir())) / contents
    with _unpacking:
        if not home.exists():
            draft = home.with_name(f"{contents}.draft")
            shutil.rmtree(draft, ignore_errors=True)
            zipfile.ZipFile.extractall(archive, draft, zipfile.ZipFile.namelist(archive))
            draft.rename(home)
    return home


if __name__ == "__main__":
    main()
