import { render } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type Api, getRows, getSource, getTasks, open, taskPath } from "./api";
import { Table } from "./table";
import type { Source, Task } from "./types";
import { Badge } from "./views/badge";
import { Help } from "./views/help";
import { Losses } from "./views/losses";
import { Overview } from "./views/overview";
import { Requests } from "./views/requests";
import { Routes } from "./views/routes";
import { Tasks } from "./views/tasks";
import { Tcp } from "./views/tcp";
import { Topology } from "./views/topology";
import { line } from "./format";
import "uplot/dist/uPlot.min.css";
import "./style.css";

const tabs = ["requests", "topology", "routes", "tcp", "losses"] as const;
export type Tab = (typeof tabs)[number];

/** Where the viewer is, as the address says it behind the #: task, tab, filter and request, so that a link leads there. */
export interface Place { task: string | null; tab: Tab; filter: string; request: number | null }

function placeOf(hash: string): Place {
  const [path, query] = hash.replace(/^#\/?/, "").split("?");
  const [task, tab] = path.split("/");
  const values = new URLSearchParams(query ?? "");
  const request = Number(values.get("request") ?? NaN);
  return {
    task: task ? decodeURIComponent(task) : null, tab: tabs.find(one => one === tab) ?? "requests", filter: values.get("filter") ?? "",
    request: Number.isInteger(request) ? request : null,
  };
}

function hashOf(place: Place): string {
  if (!place.task) return "#/";
  const values = new URLSearchParams();
  if (place.filter) values.set("filter", place.filter);
  if (place.request !== null) values.set("request", String(place.request));
  return `#/${encodeURIComponent(place.task)}/${place.tab}${values.size ? `?${values}` : ""}`;
}

function usePlace(): [Place, (change: Partial<Place>) => void] {
  const [place, setPlace] = useState(placeOf(location.hash));
  useEffect(() => {
    const follow = () => setPlace(placeOf(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const go = useCallback((change: Partial<Place>) => {
    const next = { ...placeOf(location.hash), ...change };
    const isMove = change.task !== undefined || change.tab !== undefined;
    if (isMove) location.hash = hashOf(next);
    else {
      history.replaceState(null, "", hashOf(next));
      setPlace(next);
    }
  }, []);
  return [place, go];
}

/** The exchanges of a task, fetched as they come. `version` changes with them. */
function useTable(api: Api, task: Task | undefined): { table: Table; version: number; error: string | null } {
  const table = useRef<Table | null>(null);
  const path = useRef("");
  const [version, setVersion] = useState(0);
  const [error, setError] = useState<string | null>(null);
  const isBusy = useRef(false);
  if (!table.current || (task && path.current !== taskPath(task))) table.current = new Table();
  if (task) path.current = taskPath(task);
  const recorded = task?.requests.recorded ?? 0;
  useEffect(() => {
    const current = table.current!;
    if (!task || isBusy.current || recorded <= current.next) return;
    isBusy.current = true;
    getRows(api, taskPath(task), current.next).then(rows => {
      current.append(rows);
      setVersion(current.version);
      setError(null);
    }, (failure: Error) => setError(failure.message)).finally(() => { isBusy.current = false; });
  }, [recorded, task && taskPath(task)]);
  return { table: table.current, version, error };
}

function App({ api }: { api: Api }) {
  const [place, go] = usePlace();
  const [source, setSource] = useState<Source>();
  const [tasks, setTasks] = useState<Task[]>();
  const [task, setTask] = useState<Task>();
  const [error, setError] = useState<string | null>(null);
  const [isStale, setStale] = useState(false);
  const [isHelp, setHelp] = useState(false);

  useEffect(() => {
    getSource(api).then(setSource, (failure: Error) => setError(failure.message));
    getTasks(api).then(({ items }) => setTasks(items), (failure: Error) => setError(failure.message));
  }, []);

  const chosen = tasks?.find(one => one.name === place.task);
  useEffect(() => {
    if (!chosen) return setTask(undefined);
    const path = taskPath(chosen);
    api.get<Task>(path).then(setTask, (failure: Error) => setError(failure.message));
    if (!api.isLive) return;
    return api.listen(`${path}/live`, now => { setTask(now); setStale(false); }, () => setStale(true));
  }, [chosen && taskPath(chosen)]);

  const { table, version, error: rowsError } = useTable(api, task);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLInputElement;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape" && isHelp) setHelp(false);
      if (isTyping) return;
      if (event.key === "?") setHelp(true);
      if (place.task && event.key >= "1" && event.key <= String(tabs.length)) go({ tab: tabs[Number(event.key) - 1] });
      if (place.task && event.key === "0") go({ task: null });
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [isHelp, place.task]);

  const problem = error ?? rowsError;
  return (
    <>
      <a class="skip" href="#main" onClick={event => { event.preventDefault(); document.getElementById("main")!.focus(); }}>Skip to content</a>
      <header>
        <h1><a href="#/">netprofiler</a>{task && <> <span class="quiet">/</span> {line(task.name)}</>}</h1>
        {source && <span class="quiet">{source.kind} of {line(source.name)} · {source.version}</span>}
        {task && <span class="quiet">{task.state.phase}</span>}
        <span class="grow" />
        {task && <Badge task={task} onOpen={() => go({ tab: "losses" })} />}
        <button type="button" onClick={() => setHelp(true)} aria-label="Help">?</button>
      </header>
      <main id="main" tabIndex={-1}>
        {problem && <p class="problem" role="alert">{line(problem)}</p>}
        {isStale && task && <p class="problem" role="status">netprofiler does not answer any more; this is what it told last.</p>}
        {!place.task && tasks && <Tasks tasks={tasks} onOpen={name => go({ task: name, tab: "requests" })} />}
        {place.task && tasks && !chosen && <p class="empty">There is no task “{line(place.task)}”. <a href="#/">All tasks</a></p>}
        {!tasks && !problem && <p class="empty" role="status">Loading…</p>}
        {task && chosen && (
          <>
            <Overview api={api} task={task} onFilter={filter => go({ tab: "requests", filter })} />
            <nav aria-label="Views">
              {tabs.map((tab, i) => (
                <a key={tab} href={hashOf({ ...place, tab, request: null })} aria-current={tab === place.tab ? "page" : undefined} title={`key ${i + 1}`}>
                  {tab === "tcp" ? "TCP" : tab}
                </a>
              ))}
            </nav>
            {place.tab === "requests" && <Requests api={api} task={task} table={table} version={version} place={place} go={go} />}
            {place.tab === "topology" && <Topology api={api} task={task} onFilter={filter => go({ tab: "requests", filter })} />}
            {place.tab === "routes" && <Routes api={api} task={task} table={table} version={version} onFilter={filter => go({ tab: "requests", filter })} />}
            {place.tab === "tcp" && <Tcp api={api} task={task} />}
            {place.tab === "losses" && <Losses task={task} />}
          </>
        )}
      </main>
      {isHelp && <Help onClose={() => setHelp(false)} />}
    </>
  );
}

open().then(api => render(<App api={api} />, document.getElementById("app")!));
