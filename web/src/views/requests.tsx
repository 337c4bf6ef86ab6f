import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Api, taskPath } from "../api";
import type { Place } from "../app";
import { Filter, outcomes } from "../filter";
import { clock, count, duration, line } from "../format";
import { phasesOf } from "../phases";
import type { Column, Table } from "../table";
import type { Task } from "../types";
import { DetailView } from "./detail";
import { PhaseBar } from "./phasebar";

const RowHeight = 26;
const Overscan = 8;
const heads: { column: Column; title: string; isNumber?: boolean }[] = [
  { column: "time", title: "time" }, { column: "role", title: "end" }, { column: "process", title: "process" }, { column: "method", title: "method" }, { column: "target", title: "path" },
  { column: "status", title: "status", isNumber: true }, { column: "duration", title: "duration", isNumber: true },
];
const textHeads = new Set<Column>(["process", "method", "target"]);

function sorted(table: Table, rows: Uint32Array, column: Column, isDown: boolean): Uint32Array {
  const cells = table.columns[column];
  const direction = isDown ? -1 : 1;
  if (!textHeads.has(column)) return rows.slice().sort((one, other) => (cells[one] - cells[other]) * direction || other - one);
  const order = table.strings.map((_, i) => i).sort((one, other) => (table.strings[one] < table.strings[other] ? -1 : 1));
  const rank = new Float64Array(order.length);
  order.forEach((text, i) => { rank[text] = i; });
  return rows.slice().sort((one, other) => (rank[cells[one]] - rank[cells[other]]) * direction || other - one);
}

interface Props { api: Api; task: Task; table: Table; version: number; place: Place; go: (change: Partial<Place>) => void }

export function Requests({ api, task, table, version, place, go }: Props) {
  const [sort, setSort] = useState<{ column: Column; isDown: boolean }>({ column: "time", isDown: true });
  const [isPaused, setPaused] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const held = useRef(version);
  if (!isPaused) held.current = version;
  const { rows, error } = useMemo(() => {
    try {
      const found = Filter.parse(place.filter).select(table);
      return { rows: sorted(table, found, sort.column, sort.isDown), error: null };
    } catch (failure) {
      return { rows: null, error: (failure as Error).message };
    }
  }, [held.current, table, place.filter, sort]);
  const last = useRef(new Uint32Array(0) as Uint32Array);
  if (rows) last.current = rows;

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === "/" && !(event.target instanceof HTMLInputElement)) {
        event.preventDefault();
        input.current!.focus();
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);

  return (
    <section aria-label="Requests">
      <div class="bar">
        <label class="hidden" for="filter">Filter</label>
        <input id="filter" ref={input} type="search" spellcheck={false} autocomplete="off" placeholder="status>=500 duration>250ms path~/cart   ( / , help with ? )"
          value={place.filter} aria-invalid={error !== null} aria-describedby="found" onInput={event => go({ filter: event.currentTarget.value, request: null })}
          onKeyDown={event => { if (event.key === "Escape" || event.key === "Enter") event.currentTarget.blur(); }} />
        <span id="found" role="status" class={error ? "bad" : "quiet"}>{error ? line(error) : `${count(last.current.length)} of ${count(table.length)}`}</span>
        {api.isLive && <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>{isPaused ? "Follow" : "Hold"}</button>}
        <Archive api={api} task={task} filter={place.filter} />
      </div>
      <div class={place.request === null ? "split" : "split open"}>
        {last.current.length === 0
          ? <Empty task={task} table={table} isFiltered={place.filter !== ""} onClear={() => go({ filter: "" })} />
          : <List table={table} rows={last.current} sort={sort} onSort={setSort} selected={place.request} onSelect={request => go({ request })} />}
        {place.request !== null && <DetailView api={api} task={task} table={table} id={place.request} version={version} go={go} filter={place.filter} />}
      </div>
    </section>
  );
}

function Archive({ api, task, filter }: { api: Api; task: Task; filter: string }) {
  if (!api.isLive) return null;
  return <a class="button" href={`${taskPath(task)}/har?filter=${encodeURIComponent(filter)}`} download="netprofiler.har" title="Samples that match, as an HTTP archive">HAR</a>;
}

function Empty({ task, table, isFiltered, onClear }: { task: Task; table: Table; isFiltered: boolean; onClear: () => void }) {
  const aside = task.state.exactness.lost.filter(loss => loss.kind === "leftAlone");
  if (table.length > 0 || isFiltered) {
    return <p class="empty">{table.length === 0 ? "No exchange was seen" : `None of ${count(table.length)} exchanges matches the filter`}.
      {isFiltered && <> <button type="button" class="link" onClick={onClear}>Clear the filter</button></>}</p>;
  }
  return (
    <div class="empty">
      <p>No exchange was seen{task.state.why ? `: ${line(task.state.why)}` : task.state.phase === "Running" ? " yet" : ""}.</p>
      {aside.length > 0 && <ul>{aside.map(loss => <li key={loss.reason}>{loss.reason}: {count(loss.count)}</li>)}</ul>}
    </div>
  );
}

interface ListProps {
  table: Table; rows: Uint32Array; sort: { column: Column; isDown: boolean }; onSort: (sort: { column: Column; isDown: boolean }) => void;
  selected: number | null; onSelect: (id: number | null) => void;
}

function List({ table, rows, sort, onSort, selected, onSelect }: ListProps) {
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [cursor, setCursor] = useState<number | null>(selected); // an id, which stays when rows come and go
  // Keys may come faster than a page is drawn: what they mean is read here.
  const now = useRef({ cursor, selected });
  now.current = { cursor, selected };
  const select = (id: number | null) => {
    now.current.selected = id;
    onSelect(id);
  };
  const longest = useMemo(() => rows.reduce((most, row) => Math.max(most, table.columns.duration[row]), 1), [rows]);
  useEffect(() => {
    const observer = new ResizeObserver(() => body.current && setHeight(body.current.clientHeight));
    observer.observe(body.current!);
    return () => observer.disconnect();
  }, []);
  const move = (by: number) => {
    const { cursor: from, selected: opened } = now.current;
    const at = from === null ? -1 : rows.indexOf(table.rowOf(from));
    const next = Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + by));
    const id = table.columns.id[rows[next]];
    now.current.cursor = id;
    setCursor(id);
    if (opened !== null) select(id);
    const element = body.current!;
    if (next * RowHeight < element.scrollTop) element.scrollTop = next * RowHeight;
    const height = element.clientHeight - RowHeight; // the head covers the rest
    if ((next + 1) * RowHeight > element.scrollTop + height) element.scrollTop = (next + 1) * RowHeight - height;
  };
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      if (!body.current) return; // the list is gone, and this not yet
      const isInList = body.current.contains(event.target as Node);
      if (event.key === "j" || (isInList && event.key === "ArrowDown")) move(1);
      else if (event.key === "k" || (isInList && event.key === "ArrowUp")) move(-1);
      else if (isInList && event.key === "PageDown") move(Math.floor(height / RowHeight));
      else if (isInList && event.key === "PageUp") move(-Math.floor(height / RowHeight));
      else if (event.key === "Enter" && now.current.cursor !== null && !(event.target as Element).closest("a, button, summary, label")) select(now.current.cursor);
      else if (event.key === "Escape" && now.current.selected !== null) select(null);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
  const first = Math.max(0, Math.floor(top / RowHeight) - Overscan), end = Math.min(rows.length, Math.ceil((top + height) / RowHeight) + Overscan);
  const active = cursor !== null && rows.subarray(first, end).includes(table.rowOf(cursor)) ? `row-${cursor}` : undefined;
  return (
    <div class="list rows" role="grid" aria-label="Exchanges" aria-rowcount={rows.length + 1} aria-colcount={heads.length + 1} ref={body} tabIndex={0}
      aria-activedescendant={active} onScroll={event => setTop(event.currentTarget.scrollTop)}>
      <div class="row head" role="row" aria-rowindex={1}>
        {heads.map(({ column, title, isNumber }) => (
          <span key={column} role="columnheader" class={isNumber ? "number" : column} aria-sort={sort.column !== column ? "none" : sort.isDown ? "descending" : "ascending"}>
            <button type="button" class="link" onClick={() => onSort({ column, isDown: sort.column === column ? !sort.isDown : column === "time" || column === "duration" || column === "status" })}>
              {title}{sort.column === column ? (sort.isDown ? " ▾" : " ▴") : ""}
            </button>
          </span>
        ))}
        <span role="columnheader" class="bars">phases</span>
      </div>
      <div class="space" role="rowgroup" style={{ height: `${rows.length * RowHeight}px` }}>
        {Array.from(rows.subarray(first, end), (row, i) => (
          <Row key={table.columns.id[row]} table={table} row={row} index={first + i} longest={longest} isActive={table.columns.id[row] === cursor}
            isSelected={table.columns.id[row] === selected} onSelect={id => { setCursor(id); onSelect(id); }} />
        ))}
      </div>
    </div>
  );
}

interface RowProps { table: Table; row: number; index: number; longest: number; isActive: boolean; isSelected: boolean; onSelect: (id: number) => void }

function Row({ table, row, index, longest, isActive, isSelected, onSelect }: RowProps) {
  const cells = table.columns, id = cells.id[row], isServer = cells.role[row] === 1, status = cells.status[row], reason = table.text("reason", row);
  return (
    <div id={`row-${id}`} role="row" aria-rowindex={index + 2} aria-selected={isSelected} class={`row${isActive ? " active" : ""}${isSelected ? " selected" : ""}`}
      style={{ top: `${index * RowHeight}px` }} onClick={() => onSelect(id)}>
      <span role="gridcell" class="time">{clock(cells.time[row])}</span>
      <span role="gridcell" class="role">{isServer ? "server" : "client"}{cells.join[row] === 1 ? " ⇄" : ""}</span>
      <span role="gridcell" class="process">{line(table.text("process", row))}</span>
      <span role="gridcell" class="method">{line(table.text("method", row))}</span>
      <span role="gridcell" class="target"><bdi>{line(table.text("target", row).slice(0, 300))}</bdi></span>
      <span role="gridcell" class={`number ${status >= 500 || reason !== "" ? "bad" : status >= 400 ? "warn" : ""}`} title={reason ? `${outcomes[cells.outcome[row]]}: ${reason}` : undefined}>
        {status < 0 ? "none" : status}{reason && <span class="reason"> {line(reason)}</span>}</span>
      <span role="gridcell" class="number">{duration(cells.duration[row])}</span>
      <span role="gridcell" class="bars"><PhaseBar isServer={isServer} longest={longest} values={phasesOf(isServer).map(phase => cells[phase.name as Column][row])} /></span>
    </div>
  );
}
