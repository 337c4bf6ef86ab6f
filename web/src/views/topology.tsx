import dagre from "@dagrejs/dagre";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Api, getEdges, taskPath } from "../api";
import { term } from "../filter";
import { count, duration, line, share } from "../format";
import type { Call, Edge, Party, Task } from "../types";

const MaxEdges = 60;
const MaxLabels = 5;
const nameOf = (party: Party) => (party.namespace ? `${party.namespace}/${party.name}` : party.name);
const seen = (call: Call): Edge => call.atClient ?? call.atServer!;
const labelOf = (call: Call) => {
  const edge = seen(call);
  return `${count(edge.requests)}${edge.unfinished ? ` · ${count(edge.unfinished)} not finished` : ""} · p99 ${duration(edge.p99)}${edge.rtt ? ` · rtt ${duration(edge.rtt)}` : ""}${edge.retransmissions ? ` · ${count(edge.retransmissions)} retrans` : ""}`;
};

function layOut(calls: Call[]) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 24, ranksep: 250, marginx: 12, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const party of calls.flatMap(call => [call.client, call.server])) graph.setNode(nameOf(party), { width: Math.max(96, Math.min(240, 8 * nameOf(party).length + 20)), height: 30, party });
  for (const call of calls) graph.setEdge(nameOf(call.client), nameOf(call.server), { call });
  dagre.layout(graph);
  return graph;
}

export function Topology({ api, task, onFilter }: { api: Api; task: Task; onFilter: (filter: string) => void }) {
  const [calls, setCalls] = useState<Call[]>();
  const [hidden, setHidden] = useState<string[]>([]);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => { getEdges(api, taskPath(task)).then(answer => setCalls(answer.edges), (failure: Error) => setError(failure.message)); }, [task.requests.recorded]);
  const shown = useMemo(() => (calls ?? []).filter(call => !hidden.includes(nameOf(call.client)) && !hidden.includes(nameOf(call.server))), [calls, hidden]);
  if (error) return <p class="problem" role="alert">{line(error)}</p>;
  if (!calls) return <p class="empty" role="status">Loading…</p>;
  if (calls.length === 0) return <p class="empty">Nobody called anybody{task.state.why ? `: ${line(task.state.why)}` : " yet"}.</p>;
  return (
    <section>
      <h2>Who calls whom</h2>
      {hidden.length > 0 && <p>Left out: {hidden.map(name => <button type="button" key={name} onClick={() => setHidden(hidden.filter(one => one !== name))}>{line(name)} ×</button>)}</p>}
      <Picture calls={shown.slice(0, MaxEdges)} />
      {shown.length > MaxEdges && <p class="quiet">{shown.length - MaxEdges} more in the table.</p>}
      <table>
        <thead><tr><th scope="col">client</th><th scope="col">server</th><th scope="col">measured at</th><th scope="col" class="number">exchanges</th><th scope="col" class="number">4xx, 5xx</th><th scope="col" class="number">not finished</th>
          <th scope="col" class="number">p50</th><th scope="col" class="number">p99</th><th scope="col" class="number">round trip</th><th scope="col" class="number">retransmitted</th>
          <th scope="col">show</th></tr></thead>
        <tbody>
          {shown.flatMap(call => ([["client", call.atClient], ["server", call.atServer]] as const).filter(([, edge]) => edge).map(([end, edge]) => (
            <tr key={`${nameOf(call.client)} ${nameOf(call.server)} ${end}`}>
              <th scope="row">{line(nameOf(call.client))}</th><td>{line(nameOf(call.server))}</td><td>{end}</td><td class="number">{count(edge!.requests)}</td>
              <td class="number">{share(edge!.errors, edge!.requests)}</td><td class="number">{count(edge!.unfinished)}</td><td class="number">{duration(edge!.p50)}</td><td class="number">{duration(edge!.p99)}</td>
              <td class="number">{duration(edge!.rtt)}</td><td class="number">{count(edge!.retransmissions)}</td>
              <td>
                <button type="button" class="link" aria-label={`Requests of ${line(nameOf(call.client))} to ${line(nameOf(call.server))} at the ${end}`}
                  onClick={() => onFilter(`end=${end} ${term("process", end === "client" ? call.client.name : call.server.name)} ${term("peer", end === "client" ? call.server.name : call.client.name)}`)}>requests</button>{" "}
                <button type="button" class="link" aria-label={`Leave out ${line(nameOf(end === "client" ? call.server : call.client))}`}
                  onClick={() => setHidden([...hidden, nameOf(end === "client" ? call.server : call.client)])}>leave out</button>
              </td>
            </tr>
          )))}
        </tbody>
      </table>
    </section>
  );
}

function Picture({ calls }: { calls: Call[] }) {
  const graph = useMemo(() => layOut(calls), [calls]);
  const worst = useMemo(() => new Set([...calls].sort((one, other) => seen(other).p99 - seen(one).p99).slice(0, MaxLabels)), [calls]);
  const [over, setOver] = useState<Call | null>(null);
  if (calls.length === 0) return null;
  const { width = 400, height = 100 } = graph.graph() as { width?: number; height?: number };
  return (
    <div class="picture scroll" tabIndex={0} role="region" aria-label="Picture of who calls whom; the table below says the same">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${calls.length} edges between ${graph.nodeCount()} parties`}>
        <defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" class="arrow" /></marker></defs>
        {graph.edges().map(one => {
          const { points, call } = graph.edge(one) as unknown as { points: { x: number; y: number }[]; call: Call };
          const middle = points[Math.floor(points.length / 2)], edge = seen(call);
          const isBad = edge.retransmissions > 0 || edge.errors > 0 || edge.unfinished > 0;
          return (
            <g key={`${one.v}>${one.w}`} class={isBad ? "edge bad" : "edge"} onMouseEnter={() => setOver(call)} onMouseLeave={() => setOver(null)}>
              <path d={`M${points.map(point => `${point.x} ${point.y}`).join("L")}`} marker-end="url(#arrow)" />
              {(worst.has(call) || over === call) && <text x={middle.x} y={middle.y - 6} text-anchor="middle">{labelOf(call)}</text>}
            </g>
          );
        })}
        {graph.nodes().map(name => {
          const node = graph.node(name) as unknown as { x: number; y: number; width: number; height: number; party: Party };
          return (
            <g key={name} class={`node ${node.party.kind}`}>
              <rect x={node.x - node.width / 2} y={node.y - node.height / 2} width={node.width} height={node.height} rx="5" />
              <text x={node.x} y={node.y + 4} text-anchor="middle">{line(name).slice(0, 30)}</text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}
