import { count, line } from "../format";
import type { Task } from "../types";

const kinds = [
  { kind: "lost", title: "Lost", what: "Exchanges may be missing from every number on this page." },
  { kind: "assumed", title: "Assumed", what: "After a loss, or on connections older than the run: shown, and not proven (docs/http1.md)." },
  { kind: "unfinished", title: "Not finished", what: "Requests whose connection ended before their response was whole: in the list, with who ended it, and in no duration." },
  { kind: "excluded", title: "Excluded", what: "A rule of the task keeps them out of every number (count: false)." },
  { kind: "leftAlone", title: "Not looked at", what: "Seen, and not HTTP/1.x, or older than the run." },
  { kind: "output", title: "Counted, and not shown", what: "In every number; an output did not get all of it." },
] as const;

export function Losses({ task }: { task: Task }) {
  const { exactness } = task.state, requests = task.requests;
  const kept: [string, number][] = [
    ["exchanges in the list", requests.kept], ["exchanges dropped from the list for newer ones", requests.dropped],
    ["exchanges that the page was too slow for", requests.notTaken], ["samples whose content was dropped for newer ones", requests.contentsDropped],
    ["exchanges known from both ends", requests.joined], ["ends not joined, since several fit", requests.ambiguous],
    ["ends that cannot be joined (Unix socket, older connection, captured packets)", requests.withoutKey], ["exchanges of further rules, counted as “other”", requests.rulesFolded],
  ];
  return (
    <section>
      <h2>{exactness.state === "exact" ? "Nothing was lost" : exactness.state === "unknown" ? (exactness.seen === 0 ? "Nothing was seen yet" : "The file does not say what was lost") : "What was lost"}</h2>
      {task.state.why && <p>{line(task.state.why)}</p>}
      {kinds.map(({ kind, title, what }) => {
        const losses = exactness.lost.filter(loss => loss.kind === kind);
        if (losses.length === 0) return null;
        return (
          <section key={kind}>
            <h3>{title}</h3><p class="quiet">{what}</p>
            <table><thead><tr><th scope="col">reason</th><th scope="col" class="number">count</th></tr></thead>
              <tbody>{losses.map(loss => <tr key={loss.reason}><th scope="row">{loss.reason}</th><td class="number">{count(loss.count)}</td></tr>)}</tbody></table>
          </section>
        );
      })}
      <h3>What this page keeps</h3>
      <table><thead><tr><th scope="col">what</th><th scope="col" class="number">count</th></tr></thead>
        <tbody>{kept.map(([what, value]) => <tr key={what}><th scope="row">{what}</th><td class="number">{count(value)}</td></tr>)}</tbody></table>
    </section>
  );
}
