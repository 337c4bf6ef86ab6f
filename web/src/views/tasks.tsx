import { count, duration, line, share } from "../format";
import type { Task } from "../types";

export function Tasks({ tasks, onOpen }: { tasks: Task[]; onOpen: (name: string) => void }) {
  if (tasks.length === 0) return <p class="empty">There is no task.</p>;
  return (
    <section>
      <h2>Tasks</h2>
      <table>
        <thead><tr><th scope="col">name</th><th scope="col">phase</th><th scope="col" class="number">exchanges</th><th scope="col" class="number">4xx</th>
          <th scope="col" class="number">5xx</th><th scope="col" class="number">slowest p99</th><th scope="col">exact</th></tr></thead>
        <tbody>
          {tasks.map(({ name, state }) => {
            const errors = state.totals.reduce((sum, row) => sum + row.serverErrors, 0);
            const faults = state.totals.reduce((sum, row) => sum + row.clientErrors, 0);
            const slowest = Math.max(-1, ...state.totals.map(row => row.p99));
            const lost = state.exactness.lost.filter(loss => loss.kind === "lost").length;
            return (
              <tr key={name}>
                <th scope="row"><a href={`#/${encodeURIComponent(name)}/requests`} onClick={event => { event.preventDefault(); onOpen(name); }}>{line(name)}</a></th>
                <td>{state.phase}</td><td class="number">{count(state.exactness.seen)}</td><td class="number">{share(faults, state.exactness.seen)}</td>
                <td class="number">{share(errors, state.exactness.seen)}</td><td class="number">{duration(slowest)}</td>
                <td>{state.exactness.state === "exact" ? "✓ nothing lost" : state.exactness.state === "unknown" ? `– ${line(state.why ?? (state.exactness.seen === 0 ? "nothing seen yet" : "the file does not say"))}` : `△ ${lost} reasons`}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
