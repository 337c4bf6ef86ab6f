import { duration, share } from "../format";
import { phasesOf } from "../phases";

/** The phases of an exchange side by side, in their order; widths in hundredths of `longest`. */
export function PhaseBar({ isServer, values, longest, isShare }: { isServer: boolean; values: number[]; longest?: number; isShare?: boolean }) {
  const sum = values.reduce((all, value) => all + Math.max(0, value), 0);
  const whole = longest ?? sum;
  const phases = phasesOf(isServer);
  const text = phases.map((phase, i) => `${phase.name} ${isShare ? share(Math.max(0, values[i]), sum) : duration(values[i])}`).join(", ");
  return (
    <span class="phases" role="img" aria-label={text} title={text}>
      {phases.map((phase, i) => (values[i] > 0 && whole > 0
        ? <span key={phase.name} class={`phase ${phase.name}`} style={{ width: `${Math.max(0.3, (100 * values[i]) / whole)}%` }} /> : null))}
    </span>
  );
}
