import type { Call, Columns, Detail, Slots, Source, Task, TcpPair } from "./types";

/** Where data comes from: the server of this page, or the report file that holds the page. */
export interface Api {
  readonly isLive: boolean;
  get<T>(path: string): Promise<T>;
  listen(path: string, onTask: (task: Task) => void, onLost: () => void): () => void;
}

class ServerApi implements Api {
  readonly isLive = true;

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(path, { credentials: "same-origin" });
    if (answer.ok) return answer.json();
    const text = await answer.text();
    throw new Error(text.startsWith("{") ? JSON.parse(text).error : text.trim() || `${path}: status ${answer.status}`);
  }

  listen(path: string, onTask: (task: Task) => void, onLost: () => void): () => void {
    const events = new EventSource(path);
    events.onmessage = event => onTask(JSON.parse(event.data));
    events.onerror = onLost;
    return () => events.close();
  }
}

class ReportApi implements Api {
  readonly isLive = false;

  constructor(private readonly answers: Record<string, unknown>) {}

  async get<T>(path: string): Promise<T> {
    const answer = this.answers[path];
    if (answer === undefined) throw new Error("the report does not hold this");
    return answer as T;
  }

  listen(): () => void {
    return () => {};
  }
}

export async function open(): Promise<Api> {
  const report = document.getElementById("report");
  if (!report) return new ServerApi();
  const bytes = Uint8Array.from(atob(report.textContent!), one => one.charCodeAt(0));
  const text = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  return new ReportApi(JSON.parse(text));
}

export const taskPath = (task: { namespace: string; name: string }) =>
  `/api/v1/tasks/${encodeURIComponent(task.namespace)}/${encodeURIComponent(task.name)}`;

export const getSource = (api: Api) => api.get<Source>("/api/v1/source");
export const getTasks = (api: Api) => api.get<{ items: Task[] }>("/api/v1/tasks");
export const getSeries = (api: Api, path: string) => api.get<Slots>(`${path}/series`);
export const getEdges = (api: Api, path: string) => api.get<{ edges: Call[] }>(`${path}/edges`);
export const getTcp = (api: Api, path: string) => api.get<{ pairs: TcpPair[] }>(`${path}/tcp`);
export const getDetail = (api: Api, path: string, id: number) => api.get<Detail>(`${path}/requests/${id}`);
export const getRows = (api: Api, path: string, after: number) => api.get<Columns>(`${path}/requests${after > 0 ? `?after=${after}` : ""}`);
