// The answers of the API (docs/page.md). Times are microseconds since 1970, durations microseconds.
export interface Source { kind: "run" | "replay" | "file"; name: string; version: string }
export interface Loss { reason: string; count: number; kind: "lost" | "assumed" | "unfinished" | "excluded" | "leftAlone" | "output" }
export interface Exactness { state: "exact" | "lossy" | "unknown"; seen: number; lost: Loss[] }
export interface Totals {
  process: string; role: string; requests: number; clientErrors: number; serverErrors: number; p50: number; p90: number; p99: number; longest: number; inFlight: number;
}
export interface State { phase: "Running" | "Complete" | "Failed"; started: number; now: number; totals: Totals[]; exactness: Exactness; why?: string }
export interface Counts {
  recorded: number; kept: number; dropped: number; notTaken: number; contentsDropped: number; joined: number; ambiguous: number; withoutKey: number; rulesFolded: number;
}
export interface Task { namespace: string; name: string; state: State; requests: Counts }
export interface Series {
  rule: string; role: string; requests: number[]; clientErrors: number[]; serverErrors: number[]; p50: number[]; p99: number[]; heat: number[][];
}
export interface Slots { start: number; slot: number; slots: number; series: Series[] }
export interface Party { kind: string; namespace?: string; name: string }
export interface Edge {
  requests: number; errors: number; unfinished: number; requestBytes: number; responseBytes: number; p50: number; p99: number; rtt?: number; retransmissions: number;
}
export interface Call { client: Party; server: Party; atClient?: Edge; atServer?: Edge }
export interface TcpPair {
  process: string; peer: string; role: string; opened: number; closed: Record<string, number>; readCalls: number; writeCalls: number; readBytes: number;
  writeBytes: number; retransmissions: number; zeroWindows: number; sendBufferWait: number; peerWindowWait: number; roundTrip?: number; setup?: number;
  drops: Record<string, number>;
}
export interface Message { startLine: string; fields: [string, string][]; body?: string; isText?: boolean; isCut: boolean }
export interface SocketCall { message: "request" | "response"; call: string; bytes: number; start: number; end: number }
export interface End {
  id: number; start: number; duration: number; content: "kept" | "dropped" | "notSampled"; trace?: { system: string; traceId: string; spanId: string };
  proxiedClient?: string; calls?: SocketCall[]; callsNotKept?: number; request?: Message; response?: Message; curl?: string;
}
export interface Detail { id: number; join: "joined" | "alone" | "ambiguous" | "noKey"; start: number; client?: End; server?: End; between?: number }
export interface Columns { next: number; revoked: number[]; strings: string[]; columns: Record<string, number[]> }
