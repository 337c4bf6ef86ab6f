import { useEffect, useMemo, useState } from "preact/hooks";
import { type Api, getSeries, taskPath } from "../api";
import { term } from "../filter";
import { count, duration, line, share } from "../format";
import { phasesOf } from "../phases";
import type { Column, Table } from "../table";
import type { Slots, Task } from "../types";
import { PhaseBar } from "./phasebar";

interface Route { rule: string; role: string; durations: number[]; phases: number[] }

/** Quantiles and phases, of the exchanges in the list. */
function routesOf(table: Table): Map<string, Route> {
  const routes = new Map<string, Route>();
  for (let row = 0; row < table.length; row++) {
    const isServer = table.columns.role[row] === 1;
    const rule = table.text("rule", row), role = isServer ? "server" : "client";
    const key = `${role} ${rule}`;
    let route = routes.get(key);
    if (!route) routes.set(key, route = { rule, role, durations: [], phases: [0, 0, 0, 0] });
    route.durations.push(table.columns.duration[row]);
    phasesOf(isServer).forEach((phase, i) => { route.phases[i] += Math.max(0, table.columns[phase.name as Column][row]); });
  }
  for (const route of routes.values()) route.durations.sort((one, other) => one - other);
  return routes;
}

const quantile = (sorted: number[], q: number) => (sorted.length === 0 ? -1 : sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]);
const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

export function Routes({ api, task, table, version, onFilter }: { api: Api; task: Task; table: Table; version: number; onFilter: (filter: string) => void }) {
  const [slots, setSlots] = useState<Slots>();
  const [error, setError] = useState<string | null>(null);
  useEffect(() => { getSeries(api, taskPath(task)).then(setSlots, (failure: Error) => setError(failure.message)); }, [task.requests.recorded]);
  const routes = useMemo(() => routesOf(table), [version, table]);
  if (error) return <p class="problem" role="alert">{line(error)}</p>;
  if (!slots) return <p class="empty" role="status">Loading…</p>;
  if (slots.series.length === 0) return <p class="empty">No exchange was seen{task.state.why ? `: ${line(task.state.why)}` : " yet"}.</p>;
  const seconds = Math.max(1, (slots.slots * slots.slot) / 1e6);
  return (
    <section>
      <h2>Routes</h2>
      <p class="quiet">One line for each rule of the task, and each end. Counts are of all exchanges; quantiles and phases of the {count(table.length)} in the list.</p>
      <table>
        <thead><tr><th scope="col">rule</th><th scope="col">end</th><th scope="col" class="number">exchanges</th><th scope="col" class="number">per second</th>
          <th scope="col" class="number">4xx</th><th scope="col" class="number">5xx</th><th scope="col" class="number">p50</th><th scope="col" class="number">p99</th>
          <th scope="col">time by phase</th></tr></thead>
        <tbody>
          {slots.series.map(series => {
            const route = routes.get(`${series.role} ${series.rule}`), all = total(series.requests);
            return (
              <tr key={`${series.role} ${series.rule}`}>
                <th scope="row"><button type="button" class="link" onClick={() => onFilter(`${term("rule", series.rule)} end=${series.role}`)}>{line(series.rule) || "no rule"}</button></th>
                <td>{series.role}</td><td class="number">{count(all)}</td><td class="number">{(all / seconds).toFixed(1)}</td>
                <td class="number">{share(total(series.clientErrors), all)}</td><td class="number">{share(total(series.serverErrors), all)}</td>
                <td class="number">{duration(route && quantile(route.durations, 0.5))}</td><td class="number">{duration(route && quantile(route.durations, 0.99))}</td>
                <td>{route && <PhaseBar isServer={series.role === "server"} values={route.phases} isShare />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
