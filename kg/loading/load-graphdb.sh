#!/bin/sh
# Send the dump to a repository of GraphDB or of another RDF4J server that is there and empty, by the RDF4J REST protocol.
# The repository should be made with the ruleset "empty": the graph needs no inference.
set -eu
cd "$(dirname "$0")"
if [ $# -ne 1 ]; then
  echo "用法：$0 http://127.0.0.1:7200/repositories/库名（要登录时先把用户名和密码写进 ~/.netrc）" >&2
  exit 2
fi
sha256sum --check --quiet SHA256SUMS || { echo "kg.nq不完整，没有装载；请重新复制，或重新运行 kg dump" >&2; exit 1; }
curl --fail-with-body --silent --show-error --netrc-optional --request POST \
  --header 'Content-Type: application/n-quads' --upload-file kg.nq "$1/statements"
echo "已装载；使用：kg documents --store $1"
