#!/bin/sh
# Load the dump into a new database of Oxigraph (https://github.com/oxigraph/oxigraph), and say how to serve it.
set -eu
cd "$(dirname "$0")"
if [ $# -ne 1 ] || [ -e "$1" ]; then
  echo "用法：$0 新文件夹（还不存在；Oxigraph的数据库会建在这里）" >&2
  exit 2
fi
sha256sum --check --quiet SHA256SUMS || { echo "kg.nq不完整，没有装载；请重新复制，或重新运行 kg dump" >&2; exit 1; }
"${OXIGRAPH:-oxigraph}" load --location "$1" --file kg.nq
echo "已装载；启动：oxigraph serve --location $1 --bind 127.0.0.1:7878 --timeout-s 600"
echo "使用：kg documents --store http://127.0.0.1:7878/query"
