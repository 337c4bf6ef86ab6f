import type { Columns } from "./types";

export const names = [
  "id", "time", "role", "status", "duration", "firstByte", "queue", "receive", "application", "write", "send", "wait", "process", "pid", "peer", "method", "target",
  "host", "headers", "local", "remote", "rule", "requestBytes", "responseBytes", "rtt", "retransmissions", "sampled", "pairing", "outcome", "reason", "content", "partner", "join",
] as const;
export type Column = (typeof names)[number];

const MaxRows = 100_000; // as many as the server keeps

/** Exchanges in columns, as they come from the server: texts are indexes into `strings`, -1 is not known. */
export class Table {
  readonly strings: string[] = [];
  readonly columns: Record<Column, Float64Array>;
  length = 0;
  next = 0;
  version = 0;
  private readonly indexes = new Map<string, number>();
  private readonly rows = new Map<number, number>(); // by id

  constructor() {
    this.columns = Object.fromEntries(names.map(name => [name, new Float64Array(1024)])) as Record<Column, Float64Array>;
  }

  text(column: Column, row: number): string {
    return this.strings[this.columns[column][row]];
  }

  rowOf(id: number): number {
    return this.rows.get(id) ?? -1;
  }

  append(data: Columns): void {
    const added = data.columns.id.length;
    const translated = data.strings.map(text => this.indexOf(text));
    this.reserve(this.length + added);
    for (const name of names) {
      const from = data.columns[name], to = this.columns[name];
      const isText = textColumns.has(name);
      for (let i = 0; i < added; i++) to[this.length + i] = isText ? translated[from[i]] : from[i];
    }
    for (let i = this.length; i < this.length + added; i++) this.rows.set(this.columns.id[i], i);
    for (let i = this.length; i < this.length + added; i++) this.link(i);
    this.length += added;
    this.next = data.next;
    for (const id of data.revoked) this.unlink(id);
    if (added > 0) this.version++;
    if (this.length > MaxRows * 1.5) this.trim();
  }

  // The later of two views says that they are joined; the earlier may be here already.
  private link(row: number): void {
    const { partner, join, id } = this.columns;
    const other = partner[row] >= 0 ? this.rowOf(partner[row]) : -1;
    if (other < 0) return;
    partner[other] = id[row];
    join[other] = 1;
  }

  private unlink(id: number): void {
    const row = this.rowOf(id);
    if (row < 0) return;
    this.columns.partner[row] = -1;
    this.columns.join[row] = 2;
  }

  private indexOf(text: string): number {
    let index = this.indexes.get(text);
    if (index === undefined) {
      index = this.strings.length;
      this.strings.push(text);
      this.indexes.set(text, index);
    }
    return index;
  }

  private reserve(rows: number): void {
    const capacity = this.columns.id.length;
    if (rows <= capacity) return;
    for (const name of names) {
      const larger = new Float64Array(Math.max(rows, capacity * 2));
      larger.set(this.columns[name].subarray(0, this.length));
      this.columns[name] = larger;
    }
  }

  private trim(): void {
    const from = this.length - MaxRows;
    for (const name of names) this.columns[name].copyWithin(0, from, this.length);
    this.length = MaxRows;
    this.rows.clear();
    for (let i = 0; i < this.length; i++) this.rows.set(this.columns.id[i], i);
  }
}

export const textColumns: ReadonlySet<string> = new Set(["process", "peer", "method", "target", "host", "headers", "local", "remote", "rule", "sampled", "reason"]);
