import { count } from "../format";
import type { Task } from "../types";

/** Whether the numbers are whole: in one place, in words, and what is missing if they are not. */
export function Badge({ task, onOpen }: { task: Task; onOpen: () => void }) {
  const { state, seen, lost } = task.state.exactness;
  const worst = lost.filter(loss => loss.kind === "lost");
  const text = state === "exact" ? "✓ exact: nothing lost"
    : state === "unknown" ? (seen === 0 ? "– nothing seen yet" : "– the file does not say what was lost")
    : worst.length === 1 ? `△ ${worst[0].reason}: ${count(worst[0].count)}` : `△ lost, by ${worst.length} reasons`;
  return (
    <button type="button" class={`badge ${state}`} onClick={onOpen} title={`${count(seen)} exchanges; open the list of losses`}>{text}</button>
  );
}
