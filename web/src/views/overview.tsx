import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { type Api, getSeries, taskPath } from "../api";
import { clock, count, duration, line, share } from "../format";
import type { Slots, Task, Totals } from "../types";

const HeatRows = 27; // of the API: row i counts durations from 2^(10+i) ns up to twice that
const lowerBound = (row: number) => (row === 0 ? 0 : 2 ** (10 + row) / 1000); // microseconds

export function Overview({ api, task, onFilter }: { api: Api; task: Task; onFilter: (filter: string) => void }) {
  const [slots, setSlots] = useState<Slots>();
  const [end, setEnd] = useState<string>();
  useEffect(() => { getSeries(api, taskPath(task)).then(setSlots, () => setSlots(undefined)); }, [task.requests.recorded]);
  const { totals, exactness } = task.state;
  const ends = ["server", "client"].filter(role => totals.some(row => row.role === role));
  const chosen = end && ends.includes(end) ? end : ends[0];
  const sum = (read: (row: Totals) => number) => totals.reduce((all, row) => all + read(row), 0);
  const slowest = totals.reduce<Totals | null>((most, row) => (most && most.p99 >= row.p99 ? most : row), null);
  return (
    <section class="overview" aria-label="Overview">
      <dl class="numbers">
        <div><dd>{count(exactness.seen)}</dd><dt>exchanges</dt></div>
        <div><dd>{share(sum(row => row.clientErrors), exactness.seen)}</dd><dt>4xx ({count(sum(row => row.clientErrors))})</dt></div>
        <div><dd>{share(sum(row => row.serverErrors), exactness.seen)}</dd><dt>5xx ({count(sum(row => row.serverErrors))})</dt></div>
        <div><dd>{count(sum(row => row.inFlight))}</dd><dt>in flight now</dt></div>
        <div><dd>{duration(slowest?.p99)}</dd><dt>slowest p99{slowest && `: ${line(slowest.process)}, ${slowest.role}`}</dt></div>
      </dl>
      {slots && slots.slots > 0 && chosen && (
        <div class="charts">
          {ends.length > 1 && (
            <fieldset>
              <legend class="hidden">Measured at</legend>
              {ends.map(role => <label key={role}><input type="radio" name="end" checked={role === chosen} onChange={() => setEnd(role)} /> {role}</label>)}
            </fieldset>
          )}
          <Rates slots={slots} end={chosen} />
          <Heat slots={slots} end={chosen} onFilter={onFilter} />
        </div>
      )}
      <details>
        <summary>As tables</summary>
        <TotalsTable totals={totals} />
        {slots && chosen && <SlotsTable slots={slots} end={chosen} />}
      </details>
    </section>
  );
}

/** The sum of all rules, at one end. */
function sums(slots: Slots, end: string, read: (series: Slots["series"][number]) => number[]): number[] {
  const all = new Array<number>(slots.slots).fill(0);
  for (const series of slots.series) if (series.role === end) read(series).forEach((value, i) => { all[i] += value; });
  return all;
}

const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function Rates({ slots, end }: { slots: Slots; end: string }) {
  const place = useRef<HTMLDivElement>(null);
  const seconds = slots.slot / 1e6;
  useEffect(() => {
    const times = Array.from({ length: slots.slots }, (_, i) => (slots.start + i * slots.slot) / 1e6);
    const perSecond = (values: number[]) => values.map(value => value / seconds);
    const data: uPlot.AlignedData = [times, perSecond(sums(slots, end, series => series.requests)), perSecond(sums(slots, end, series => series.clientErrors)), perSecond(sums(slots, end, series => series.serverErrors))];
    const axis = { stroke: color("--quiet"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui" };
    const stroke = { width: 1.5, points: { show: slots.slots < 3 } };
    const chart = new uPlot({
      width: place.current!.clientWidth || 400, height: 110, legend: { show: false }, cursor: { show: false },
      axes: [{ ...axis, size: 24, values: (_, marks) => marks.map(mark => clock(mark * 1e6).slice(0, 8)) }, { ...axis, size: 44 }], scales: { y: { range: (_, __, most) => [0, Math.max(1, most)] } },
      series: [{}, { stroke: color("--text"), ...stroke }, { stroke: color("--warn"), ...stroke, dash: [4, 3] }, { stroke: color("--bad"), ...stroke, dash: [2, 2] }],
    }, data, place.current!);
    const observer = new ResizeObserver(() => place.current && chart.setSize({ width: place.current.clientWidth, height: 110 }));
    observer.observe(place.current!);
    return () => { observer.disconnect(); chart.destroy(); };
  }, [slots, end]);
  return (
    <figure>
      <figcaption>per second: <b>—</b> exchanges, <b class="warn">- -</b> 4xx, <b class="bad">· ·</b> 5xx</figcaption>
      <div ref={place} role="img" aria-label={`Exchanges per second at the ${end}; the table says the same`} />
    </figure>
  );
}

function Heat({ slots, end, onFilter }: { slots: Slots; end: string; onFilter: (filter: string) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const cells = Array.from({ length: slots.slots }, () => new Array<number>(HeatRows).fill(0));
  for (const series of slots.series) if (series.role === end) series.heat.forEach((pairs, i) => { for (let at = 0; at < pairs.length; at += 2) cells[i][pairs[at]] += pairs[at + 1]; });
  const used = [...Array(HeatRows).keys()].filter(row => cells.some(slot => slot[row] > 0));
  const first = Math.max(0, (used[0] ?? 0) - 1), last = Math.min(HeatRows - 1, (used.at(-1) ?? 0) + 1), rows = last - first + 1;
  useEffect(() => {
    const element = canvas.current!, context = element.getContext("2d")!;
    const [width, height] = [element.width = element.clientWidth * devicePixelRatio, element.height = element.clientHeight * devicePixelRatio];
    const most = Math.max(1, ...cells.flat());
    const [w, h] = [width / slots.slots, height / rows];
    context.fillStyle = color("--heat");
    cells.forEach((slot, i) => {
      for (let row = first; row <= last; row++) {
        if (slot[row] === 0) continue;
        context.globalAlpha = 0.18 + 0.82 * (Math.log(1 + slot[row]) / Math.log(1 + most));
        context.fillRect(i * w, (last - row) * h, Math.max(1, w - 0.5), h - 0.5);
      }
    });
    if (drag) {
      context.globalAlpha = 0.25;
      context.fillStyle = color("--accent");
      const [low, high] = [Math.min(...drag), Math.max(...drag)];
      context.fillRect(0, (last - high) * h, width, (high - low + 1) * h);
    }
  }, [slots, end, drag]);
  const rowAt = (event: PointerEvent) => {
    const box = canvas.current!.getBoundingClientRect();
    return Math.min(last, Math.max(first, last - Math.floor(((event.clientY - box.top) / box.height) * rows)));
  };
  const choose = () => {
    if (!drag) return;
    const [low, high] = [Math.min(...drag), Math.max(...drag)];
    setDrag(null);
    onFilter(`end=${end} duration>=${Math.floor(lowerBound(low))}us duration<${Math.ceil(lowerBound(high + 1))}us`);
  };
  return (
    <figure>
      <figcaption>durations, {duration(lowerBound(first))} to {duration(lowerBound(last + 1))}; drag to filter</figcaption>
      <canvas ref={canvas} role="img" aria-label={`Durations over time at the ${end}; the table says the same, and duration>… in the filter does what dragging does`}
        onPointerDown={event => { canvas.current!.setPointerCapture(event.pointerId); setDrag([rowAt(event), rowAt(event)]); }}
        onPointerMove={event => { if (drag) setDrag([drag[0], rowAt(event)]); }} onPointerUp={choose} />
    </figure>
  );
}

function TotalsTable({ totals }: { totals: Totals[] }) {
  return (
    <table>
      <caption>By process</caption>
      <thead><tr><th scope="col">process</th><th scope="col">role</th><th scope="col" class="number">exchanges</th><th scope="col" class="number">in flight</th><th scope="col" class="number">4xx</th>
        <th scope="col" class="number">5xx</th><th scope="col" class="number">p50</th><th scope="col" class="number">p90</th><th scope="col" class="number">p99</th><th scope="col" class="number">longest</th></tr></thead>
      <tbody>
        {totals.map(row => (
          <tr key={`${row.process} ${row.role}`}><th scope="row">{line(row.process)}</th><td>{row.role}</td><td class="number">{count(row.requests)}</td>
            <td class="number">{count(row.inFlight)}</td><td class="number">{count(row.clientErrors)}</td><td class="number">{count(row.serverErrors)}</td><td class="number">{duration(row.p50)}</td>
            <td class="number">{duration(row.p90)}</td><td class="number">{duration(row.p99)}</td><td class="number">{duration(row.longest)}</td></tr>
        ))}
      </tbody>
    </table>
  );
}

function SlotsTable({ slots, end }: { slots: Slots; end: string }) {
  const requests = sums(slots, end, series => series.requests), faults = sums(slots, end, series => series.clientErrors), errors = sums(slots, end, series => series.serverErrors);
  const slowest = requests.map((_, i) => Math.max(...slots.series.filter(series => series.role === end).map(series => series.p99[i])));
  return (
    <table>
      <caption>By time, at the {end}, {duration(slots.slot)} a row</caption>
      <thead><tr><th scope="col">from</th><th scope="col" class="number">exchanges</th><th scope="col" class="number">4xx</th><th scope="col" class="number">5xx</th><th scope="col" class="number">slowest p99 of a rule</th></tr></thead>
      <tbody>
        {requests.map((value, i) => (
          <tr key={i}><th scope="row">{clock(slots.start + i * slots.slot)}</th><td class="number">{count(value)}</td><td class="number">{count(faults[i])}</td><td class="number">{count(errors[i])}</td>
            <td class="number">{duration(value === 0 ? -1 : slowest[i])}</td></tr>
        ))}
      </tbody>
    </table>
  );
}
