import { useEffect, useState } from "preact/hooks";
import { type Api, getDetail, taskPath } from "../api";
import type { Place } from "../app";
import { term } from "../filter";
import { bytes, clock, duration, line, share, visible } from "../format";
import { phasesOf } from "../phases";
import type { Column, Table } from "../table";
import type { Detail, End, Message, Task } from "../types";

interface Props { api: Api; task: Task; table: Table; id: number; version: number; go: (change: Partial<Place>) => void; filter: string }

/** What the row says where the server was not asked, or a report does not hold it. */
function fromRow(table: Table, row: number): Detail {
  const cells = table.columns, other = cells.partner[row] >= 0 ? table.rowOf(cells.partner[row]) : -1;
  const [client, server] = cells.role[row] === 1 ? [other, row] : [row, other];
  const start = cells.time[client >= 0 ? client : server];
  const end = (one: number): End => ({ id: cells.id[one], start: cells.time[one] - start, duration: cells.duration[one], content: cells.content[one] ? "dropped" : "notSampled" });
  return {
    id: cells.id[row], start, join: (["alone", "joined", "ambiguous", "noKey"] as const)[cells.join[row]], ...(client >= 0 && { client: end(client) }), ...(server >= 0 && { server: end(server) }),
    ...(client >= 0 && server >= 0 && { between: cells.duration[client] - cells.duration[server] - Math.max(0, cells.queue[server]) }),
  };
}

export function DetailView({ api, task, table, id, version, go, filter }: Props) {
  const [detail, setDetail] = useState<Detail>();
  const row = table.rowOf(id);
  const partner = row >= 0 ? table.columns.partner[row] : -1;
  useEffect(() => {
    let isCurrent = true;
    getDetail(api, taskPath(task), id).then(found => isCurrent && setDetail(found), () => isCurrent && row >= 0 && setDetail(fromRow(table, row)));
    return () => { isCurrent = false; };
  }, [id, partner, row < 0 ? version : 0]);
  const close = <button type="button" class="close" aria-label="Close the request" onClick={() => go({ request: null })}>×</button>;
  if (row < 0) return <aside class="detail" aria-label="Request">{close}<p class="empty">Request {id} is not in the list: it was dropped for newer ones, or has not come yet.</p></aside>;
  const cells = table.columns;
  const add = (field: string, value: string) => go({ filter: `${filter} ${term(field, value)}`.trim() });
  return (
    <aside class="detail" aria-label="Request">
      {close}
      <h2><bdi>{line(table.text("method", row))} {line(table.text("target", row))}</bdi> <span class={cells.status[row] >= 500 ? "bad" : cells.status[row] >= 400 ? "warn" : ""}>{cells.status[row] < 0 ? "" : cells.status[row]}</span></h2>
      {cells.outcome[row] !== 0 && <p class="verdict bad">{endings[cells.outcome[row]]} <b>{line(table.text("reason", row))}</b>, {duration(cells.duration[row])} after it began.</p>}
      {detail?.id === id && cells.outcome[row] !== 2 && <Verdict table={table} detail={detail} />}
      {detail?.id === id && <Waterfall table={table} detail={detail} />}
      {detail?.id === id && <PhaseTable table={table} detail={detail} />}
      <Facts table={table} row={row} />
      <p class="chips">Filter: {([["path", "target"], ["method", "method"], ["process", "process"], ["peer", "peer"], ["host", "host"], ["rule", "rule"]] as [string, Column][])
        .filter(([, column]) => table.text(column, row) !== "").map(([field, column]) => (
          <button type="button" key={field} onClick={() => add(field, table.text(column, row))}>{field}={line(table.text(column, row).slice(0, 40))}</button>
        ))} {cells.status[row] >= 0 && <button type="button" onClick={() => add("status", String(cells.status[row]))}>status={cells.status[row]}</button>}
        {table.text("reason", row) !== "" && <> <button type="button" onClick={() => add("reason", table.text("reason", row))}>reason={table.text("reason", row)}</button></>}
        {headersOf(table, row).map(([name, value]) => <button type="button" key={name} onClick={() => add(`header.${name}`, value)}>{line(name)}={line(value.slice(0, 40))}</button>)}</p>
      {detail?.id === id && <Contents detail={detail} isServer={cells.role[row] === 1} />}
    </aside>
  );
}

const endings = ["", "The connection ended within the response:", "The connection ended before a response began:"];

const headersOf = (table: Table, row: number) => table.text("headers", row).split("\n").filter(one => one !== "").map(one => {
  const at = one.indexOf(": ");
  return [one.slice(0, at), one.slice(at + 2)] as const;
});

const joins: Record<Detail["join"], string> = {
  joined: "Known from both ends.",
  alone: "Known from one end: the other is not profiled, or was not seen.",
  ambiguous: "Known from one end: several views of the other fit, so none is shown.",
  noKey: "Known from one end: a Unix socket, a connection older than the run, or captured packets; the ends cannot be compared.",
};

/** Whose the largest part of the time is, in one sentence. */
function Verdict({ table, detail }: { table: Table; detail: Detail }) {
  const parts: [string, number][] = [];
  const add = (end: End | undefined, isServer: boolean, leaveOut: string[]) => {
    const row = end ? table.rowOf(end.id) : -1;
    if (row < 0) return;
    for (const phase of phasesOf(isServer)) if (!leaveOut.includes(phase.name)) parts.push([`in the ${isServer ? "server" : "client"}'s ${phase.name}`, Math.max(0, table.columns[phase.name as Column][row])]);
  };
  const isBoth = detail.client && detail.server;
  add(detail.server, true, []);
  add(detail.client, false, isBoth ? ["wait", "send"] : []);
  const [name, time] = parts.reduce((most, part) => (part[1] > most[1] ? part : most), ["", -1] as [string, number]);
  const whole = (detail.client ?? detail.server)!.duration;
  return <p class="verdict"><b>{duration(time)} of {duration(whole)} {name}.</b> <span class="quiet">{joins[detail.join]}</span></p>;
}

function Waterfall({ table, detail }: { table: Table; detail: Detail }) {
  const lanes = ([["client", detail.client], ["server", detail.server]] as const).flatMap(([name, end]) => {
    const row = end ? table.rowOf(end.id) : -1;
    return end && row >= 0 ? [{ name, end, row, queue: name === "server" ? Math.max(0, table.columns.queue[row]) : 0 }] : [];
  });
  const from = Math.min(...lanes.map(lane => lane.end.start - lane.queue)), to = Math.max(...lanes.map(lane => lane.end.start + lane.end.duration));
  const scale = (micro: number) => (100 * micro) / Math.max(1e-3, to - from);
  return (
    <figure class="waterfall">
      <figcaption class="hidden">Phases over time; the table says the same</figcaption>
      <div class="axis" aria-hidden="true">{[0, 0.25, 0.5, 0.75, 1].map(part => <span key={part} style={{ left: `${part * 100}%` }}>{duration((to - from) * part)}</span>)}</div>
      {lanes.map(({ name, end, row, queue }) => {
        let at = end.start - queue;
        return (
          <div class="lane" key={name}>
            <span class="label">{name}</span>
            <div class="track">
              {phasesOf(name === "server").map(phase => {
                const time = Math.max(0, table.columns[phase.name as Column][row]), left = scale(at - from);
                at += time;
                return time > 0 ? <span key={phase.name} class={`phase ${phase.name}`} title={`${phase.name} ${duration(time)}`} style={{ left: `${left}%`, width: `max(1px, ${scale(time)}%)` }} /> : null;
              })}
            </div>
            {end.calls && <div class="track calls">{end.calls.map((call, i) => (
              <span key={i} class={call.message} title={`${call.call} ${bytes(call.bytes)}, ${duration(call.end - call.start)}`} style={{ left: `${scale(call.start - from)}%`, width: `max(2px, ${scale(call.end - call.start)}%)` }} />))}</div>}
          </div>
        );
      })}
    </figure>
  );
}

function PhaseTable({ table, detail }: { table: Table; detail: Detail }) {
  const whole = (detail.client ?? detail.server)!.duration;
  return (
    <table class="phase-table">
      <thead><tr><th scope="col">end</th><th scope="col">phase</th><th scope="col" class="number">time</th><th scope="col" class="number">share</th></tr></thead>
      <tbody>
        {([["client", detail.client], ["server", detail.server]] as const).flatMap(([name, end]) => {
          const row = end ? table.rowOf(end.id) : -1;
          return row < 0 ? [] : phasesOf(name === "server").map(phase => {
            const time = table.columns[phase.name as Column][row];
            return (
              <tr key={`${name} ${phase.name}`}>
                <td>{name}</td>
                <td><details><summary><span class={`swatch ${phase.name}`} />{phase.name}</summary><p>From: {phase.from}. To: {phase.to}. {phase.hint}</p></details></td>
                <td class="number">{duration(time)}</td><td class="number">{time < 0 ? "–" : share(time, whole)}</td>
              </tr>
            );
          });
        })}
        {detail.between !== undefined && <tr><td>between</td><td>network and kernels</td><td class="number">{duration(Math.max(0, detail.between))}</td><td class="number">{share(Math.max(0, detail.between), whole)}</td></tr>}
      </tbody>
    </table>
  );
}

function Facts({ table, row }: { table: Table; row: number }) {
  const cells = table.columns, text = (column: Column) => line(table.text(column, row)) || "–";
  const facts: [string, string][] = [
    ["started", clock(cells.time[row], true)], ["process", `${text("process")}${cells.pid[row] > 0 ? ` (pid ${cells.pid[row]})` : ""}`], ["peer", text("peer")], ["host", text("host")],
    ["from, to", `${text("local")} ${cells.role[row] === 1 ? "←" : "→"} ${text("remote")}`], ["first byte", duration(cells.firstByte[row])], ["request", bytes(cells.requestBytes[row])],
    ["response", bytes(cells.responseBytes[row])], ["round trip", duration(cells.rtt[row])], ["retransmitted", String(cells.retransmissions[row])], ["rule", text("rule")], ["sampled as", text("sampled")],
  ];
  for (const [name, value] of headersOf(table, row)) facts.push([name, line(value)]);
  if (cells.pairing[row] === 1) facts.push(["pairing", "assumed (docs/http1.md)"]);
  return <dl class="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd><bdi>{value}</bdi></dd></div>)}</dl>;
}

function Contents({ detail, isServer }: { detail: Detail; isServer: boolean }) {
  const end = (isServer ? detail.server : detail.client)!;
  const kept = end.content === "kept" ? end : [detail.client, detail.server].find(one => one?.content === "kept");
  if (!kept) {
    return <p class="quiet">{end.content === "dropped" ? "Its content was dropped for newer samples." : "It was not sampled, so its content was not kept: a rule's when4xx, when5xx and minDurationMilliseconds decide (docs/samples.md)."}</p>;
  }
  return (
    <>
      {kept.trace && <p>Trace <code>{line(kept.trace.traceId)}</code>, span <code>{line(kept.trace.spanId)}</code> ({kept.trace.system})</p>}
      <MessageView name="Request" message={kept.request} />
      <MessageView name="Response" message={kept.response} />
      <details>
        <summary>Socket calls ({kept.calls!.length}{kept.callsNotKept ? ` of ${kept.calls!.length + kept.callsNotKept}` : ""})</summary>
        <table><thead><tr><th scope="col">message</th><th scope="col">call</th><th scope="col" class="number">bytes</th><th scope="col" class="number">begins</th><th scope="col" class="number">takes</th></tr></thead>
          <tbody>{kept.calls!.map((call, i) => <tr key={i}><td>{call.message}</td><td>{call.call}</td><td class="number">{call.bytes}</td><td class="number">{duration(Math.max(0, call.start))}</td><td class="number">{duration(call.end - call.start)}</td></tr>)}</tbody></table>
      </details>
      {kept.curl && <Curl command={kept.curl} />}
    </>
  );
}

function Curl({ command }: { command: string }) {
  const [said, setSaid] = useState("");
  const copy = () => navigator.clipboard.writeText(command).then(() => setSaid("copied"), () => setSaid("the browser did not allow it; select the text"));
  return (
    <details>
      <summary>curl</summary>
      <pre tabIndex={0} aria-label="curl command"><bdi>{visible(command)}</bdi></pre>
      <button type="button" onClick={copy}>Copy as curl</button> <span role="status">{said}</span>
    </details>
  );
}

function MessageView({ name, message }: { name: string; message?: Message }) {
  if (!message) return <p class="quiet">{name}: the rule does not collect it.</p>;
  return (
    <details open>
      <summary>{name}{message.isCut ? " (cut)" : ""}</summary>
      <pre tabIndex={0} aria-label={name}><bdi>{visible(message.startLine)}{"\n"}{message.fields.map(([field, value]) => `${visible(field)}: ${visible(value)}\n`).join("")}{message.body !== undefined ? `\n${visible(message.body)}` : ""}</bdi></pre>
    </details>
  );
}
