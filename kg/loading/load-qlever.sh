#!/bin/sh
# Build an index of QLever (https://github.com/ad-freiburg/qlever) from the dump with its own command `qlever`
# (pip install qlever; the engine itself comes as a container or is installed beside it).
set -eu
cd "$(dirname "$0")"
sha256sum --check --quiet SHA256SUMS || { echo "kg.nq不完整，没有装载；请重新复制，或重新运行 kg dump" >&2; exit 1; }
"${QLEVER:-qlever}" index --name kg --format nq --input-files kg.nq --cat-input-files 'cat kg.nq' "$@"
echo "已建索引；启动：qlever start --name kg --port 7001 --description 绩溯"
echo "使用：kg documents --store http://127.0.0.1:7001/sparql"
