// The page's filter does what filters.json says, as the server's does.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";

const web = new URL("../../../web/", import.meta.url);
const esbuild = createRequire(web)("esbuild");
const { outputFiles } = await esbuild.build({ entryPoints: [new URL("src/filter.ts", web).pathname, new URL("src/table.ts", web).pathname], bundle: true, format: "esm", write: false, outdir: "out" });
const load = async name => import(`data:text/javascript;base64,${Buffer.from(outputFiles.find(file => file.path.endsWith(name)).contents).toString("base64")}`);
const { Filter, term } = await load("filter.js");
const { Table, names } = await load("table.js");

const { rows, cases, faults } = JSON.parse(readFileSync(new URL("../filters.json", import.meta.url), "utf8"));
const strings = [], text = value => (strings.includes(value) ? strings.indexOf(value) : strings.push(value) - 1);
const columns = Object.fromEntries(names.map(name => [name, rows.map(() => 0)]));
rows.forEach((row, i) => {
  columns.id[i] = i;
  columns.partner[i] = -1;
  columns.role[i] = row.end === "server" ? 1 : 0;
  [columns.status[i], columns.duration[i], columns.responseBytes[i], columns.rtt[i], columns.retransmissions[i]] = [row.status, row.duration, row.size, row.rtt, row.retrans];
  for (const [column, name] of Object.entries({ method: "method", target: "path", process: "process", peer: "peer", host: "host", rule: "rule", sampled: "sampled", reason: "reason", headers: "headers" })) columns[column][i] = text(row[name] ?? "");
  columns.outcome[i] = row.outcome ?? 0;
});
const table = new Table();
table.append({ next: rows.length, revoked: [], strings, columns });
for (const [filter, selected] of cases) assert.deepEqual([...Filter.parse(filter).select(table)], selected, filter);
for (const [filter, error] of faults) assert.throws(() => Filter.parse(filter), failure => failure.message.startsWith(error), filter);
for (const [i, row] of rows.entries()) assert.deepEqual([...Filter.parse(`${term("path", row.path)} ${term("host", row.host)}`).select(table)], [i]);
