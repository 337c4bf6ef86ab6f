import { useEffect, useState } from "preact/hooks";
import { type Api, getTcp, taskPath } from "../api";
import { bytes, count, duration, line } from "../format";
import type { Task, TcpPair } from "../types";

const sum = (values: Record<string, number>) => Object.entries(values).map(([name, value]) => `${name} ${count(value)}`).join(", ") || "–";

export function Tcp({ api, task }: { api: Api; task: Task }) {
  const [pairs, setPairs] = useState<TcpPair[]>();
  const [error, setError] = useState<string | null>(null);
  useEffect(() => { getTcp(api, taskPath(task)).then(answer => setPairs(answer.pairs), (failure: Error) => setError(failure.message)); }, [task.requests.recorded]);
  if (error) return <p class="problem" role="alert">{line(error)}</p>;
  if (!pairs) return <p class="empty" role="status">Loading…</p>;
  if (pairs.length === 0) return <p class="empty">No TCP connection was counted: captured packets, Unix sockets and files of results have no such counts.</p>;
  return (
    <section>
      <h2>TCP connections</h2>
      <p class="quiet">Counted in the kernel, HTTP or not; times are means (docs/tcp.md).</p>
      <div class="scroll" tabIndex={0} role="region" aria-label="TCP connections">
        <table>
          <thead><tr><th scope="col">process</th><th scope="col">role</th><th scope="col">peer</th><th scope="col" class="number">opened</th><th scope="col">closed</th>
            <th scope="col" class="number">read</th><th scope="col" class="number">written</th><th scope="col" class="number">round trip</th><th scope="col" class="number">set-up</th>
            <th scope="col" class="number">retransmitted</th><th scope="col" class="number">zero windows</th><th scope="col" class="number">waited for buffer</th>
            <th scope="col" class="number">waited for window</th><th scope="col">dropped packets</th></tr></thead>
          <tbody>
            {pairs.map(pair => (
              <tr key={`${pair.process} ${pair.role} ${pair.peer}`}>
                <th scope="row">{line(pair.process)}</th><td>{pair.role}</td><td>{line(pair.peer)}</td><td class="number">{count(pair.opened)}</td><td>{sum(pair.closed)}</td>
                <td class="number">{bytes(pair.readBytes)}</td><td class="number">{bytes(pair.writeBytes)}</td><td class="number">{duration(pair.roundTrip)}</td>
                <td class="number">{duration(pair.setup)}</td><td class="number">{count(pair.retransmissions)}</td><td class="number">{count(pair.zeroWindows)}</td>
                <td class="number">{duration(pair.sendBufferWait)}</td><td class="number">{duration(pair.peerWindowWait)}</td><td>{sum(pair.drops)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
