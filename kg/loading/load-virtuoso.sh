#!/bin/sh
# Load the dump with Virtuoso's bulk loader. Run it on the server's own machine, where isql takes the password.
# In virtuoso.ini, this folder must stand in DirsAllowed, [SPARQL] ResultSetMaxRows must be larger than any answer,
# and [Parameters] VectorSize must be 60000.
set -eu
cd "$(dirname "$0")"
: "${VIRTUOSO_PORT:=1111}" "${VIRTUOSO_USER:=dba}"
if [ -z "${VIRTUOSO_PASSWORD:-}" ]; then
  echo "请设好环境变量VIRTUOSO_PASSWORD（以及VIRTUOSO_PORT、VIRTUOSO_USER，默认1111和dba）" >&2
  exit 2
fi
sha256sum --check --quiet SHA256SUMS || { echo "kg.nq不完整，没有装载；请重新复制，或重新运行 kg dump" >&2; exit 1; }
folder=$(pwd -P)
isql=$(command -v "${ISQL:-isql-vt}" || command -v isql || command -v isql-v) || { echo "找不到Virtuoso的isql，请用ISQL给出它的位置" >&2; exit 2; }
answer=$("$isql" "127.0.0.1:$VIRTUOSO_PORT" "$VIRTUOSO_USER" "$VIRTUOSO_PASSWORD" ERRORS=STDOUT VERBOSE=OFF PROMPT=OFF BANNER=OFF <<SQL
DELETE FROM DB.DBA.LOAD_LIST WHERE ll_file = '$folder/kg.nq';
ld_dir('$folder', 'kg.nq', 'https://w3id.org/jisu/graph/default');
rdf_loader_run();
checkpoint;
SELECT 'BATCH', cfg_item_value(virtuoso_ini_path(), 'Parameters', 'VectorSize');
SELECT 'LOADED', COUNT(*) FROM DB.DBA.LOAD_LIST WHERE ll_file = '$folder/kg.nq' AND ll_state = 2 AND ll_error IS NULL;
SELECT ll_error FROM DB.DBA.LOAD_LIST WHERE ll_file = '$folder/kg.nq' AND ll_error IS NOT NULL;
SQL
)
if ! printf '%s\n' "$answer" | grep -Eq '^LOADED[[:space:]]+1[[:space:]]*$'; then
  printf '%s\n' "$answer" >&2
  echo "没有装载成功：请按上面的原因处理（常见的是这个文件夹不在virtuoso.ini的DirsAllowed里），再运行一次" >&2
  exit 1
fi
batch=$(printf '%s\n' "$answer" | sed -nE 's/^BATCH[[:space:]]+([0-9]+).*/\1/p')
# Virtuoso 7.2 loses rows of OPTIONAL where there are more than a batch holds: seen at 60000 with ten million quads.
if [ "${batch:-0}" -lt 60000 ]; then
  echo "注意：这样设的Virtuoso在大图上会漏掉行而不报错；请在virtuoso.ini的[Parameters]里写 VectorSize = 60000，再重启它" >&2
elif [ "$(wc -l < kg.nq)" -gt 1000000 ]; then
  echo "注意：这样大的图，Virtuoso的查询结果多时会漏掉行而不报错；清单和统计请用本机仓库或Oxigraph" >&2
fi
echo "已装载；使用：kg documents --store http://127.0.0.1:8890/sparql"
