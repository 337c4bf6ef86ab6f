import type { Column, Table } from "./table";

// The language of RequestFilter and FilterTerm in src/NetProfiler.Web, held equal by tests/NetProfiler.Web.Tests/filters.json.
type Comparison = "=" | "!=" | ">" | ">=" | "<" | "<=" | "~";
interface Term { field: string; comparison: Comparison; values: string[]; numbers: [number, number][]; isNegated: boolean }

const MaxLength = 1024;
const MaxTerms = 32;
const numberFields: Record<string, Column> = { status: "status", duration: "duration", size: "responseBytes", rtt: "rtt", retrans: "retransmissions" };
const textFields: Record<string, Column> = { path: "target", method: "method", process: "process", peer: "peer", host: "host", rule: "rule", sampled: "sampled", reason: "reason" };
export const outcomes = ["complete", "incomplete", "unanswered"] as const; // by the column's number
const fieldNames = "status, duration, path, method, end, process, peer, host, rule, size, rtt, retrans, sampled, joined, outcome, reason, header.NAME";
const headerPrefix = "header.";
const isHeader = (field: string) => field.startsWith(headerPrefix) && field.length > headerPrefix.length;

export class Filter {
  private constructor(private readonly terms: Term[]) {}

  /** Throws an error whose message says what to write instead. */
  static parse(text: string): Filter {
    if (text.length > MaxLength) throw new Error(`the filter is longer than ${MaxLength} characters`);
    const words = wordsOf(text);
    if (words.length > MaxTerms) throw new Error(`the filter has more than ${MaxTerms} terms`);
    return new Filter(words.map(parseTerm));
  }

  /** The rows that match, in the table's order. */
  select(table: Table): Uint32Array {
    const rows = new Uint32Array(table.length);
    const tests = this.terms.map(term => ({ holds: testOf(table, term), isNegated: term.isNegated }));
    let found = 0;
    for (let row = 0; row < table.length; row++) {
      if (tests.every(test => test.holds(row) !== test.isNegated)) rows[found++] = row;
    }
    return rows.subarray(0, found);
  }
}

function wordsOf(text: string): string[] {
  const words: string[] = [];
  let word = "", isQuoted = false, hasWord = false;
  for (const one of text) {
    if (one === '"') {
      isQuoted = !isQuoted;
      hasWord = true;
    } else if (one === " " && !isQuoted) {
      if (hasWord) words.push(word);
      word = "";
      hasWord = false;
    } else {
      word += one;
      hasWord = true;
    }
  }
  if (hasWord) words.push(word);
  return words;
}

function parseTerm(word: string): Term {
  let isNegated = word.startsWith("-");
  const positive = isNegated ? word.slice(1) : word;
  const at = positive.search(/[=<>~!]/);
  if (at < 0) return { field: "", comparison: "~", values: [positive], numbers: [], isNegated };
  const field = positive.slice(0, at);
  const written = /^(!=|>=|<=|=|>|<|~)/.exec(positive.slice(at))?.[0] as Comparison | undefined;
  const isNumber = Object.hasOwn(numberFields, field);
  if (!isNumber && !Object.hasOwn(textFields, field) && !["end", "joined", "outcome"].includes(field) && !isHeader(field)) throw new Error(`unknown field '${field}'; write one of ${fieldNames}`);
  if (!written) throw new Error(`'${positive}': write one of = != > >= < <= ~ behind ${field}`);
  const values = positive.slice(at + written.length).split(",");
  const comparison = written === "!=" ? "=" : written;
  if (written === "!=") isNegated = !isNegated;
  if (!isNumber && comparison !== "=" && comparison !== "~") throw new Error(`${field} has no order; write = or ~`);
  if (isNumber && comparison === "~") throw new Error(`${field} is a number; write = > >= < or <=`);
  return { field, comparison, values, numbers: isNumber ? values.map(value => parseNumber(field, value)) : [], isNegated };
}

const units: [string, number][] = [["ns", 1e-3], ["us", 1], ["µs", 1], ["ms", 1e3], ["s", 1e6]];

function parseNumber(field: string, text: string): [number, number] {
  if (field === "status" && /^[1-9]xx$/.test(text)) return [Number(text[0]) * 100, Number(text[0]) * 100 + 99];
  const isTime = field === "duration" || field === "rtt";
  const unit = isTime ? units.find(([suffix]) => text.endsWith(suffix)) : undefined;
  const digits = unit ? text.slice(0, -unit[0].length) : text;
  if (!/^(\d+\.?\d*|\.\d+)$/.test(digits)) throw new Error(`${field}: '${text}' is not ${isTime ? "a time such as 250ms" : "a number"}`);
  const number = Number(digits) * (unit ? unit[1] : isTime ? 1e3 : 1);
  return [number, number];
}

function testOf(table: Table, term: Term): (row: number) => boolean {
  const column = numberFields[term.field];
  if (column) {
    const cells = table.columns[column];
    const isUnknown = term.field === "size" || term.field === "rtt" || term.field === "status" ? (value: number) => value < 0 : () => false;
    return row => !isUnknown(cells[row]) && term.numbers.some(range => compare(cells[row], range, term.comparison));
  }
  if (term.field === "end") return row => term.values.some(value => compareText(table.columns.role[row] === 1 ? "server" : "client", value, term));
  if (term.field === "joined") return row => term.values.some(value => compareText(table.columns.join[row] === 1 ? "yes" : "no", value, term));
  if (term.field === "outcome") return row => term.values.some(value => compareText(outcomes[table.columns.outcome[row]], value, term));
  // Each text is looked at once, however many rows have it.
  const isFit = new Uint8Array(table.strings.length);
  table.strings.forEach((text, i) => {
    const shown = term.field === "sampled" && text === "" ? "no" : isHeader(term.field) ? headerOf(text, term.field.slice(headerPrefix.length).toLowerCase()) : text;
    isFit[i] = term.values.some(value => compareText(shown, value, term)) ? 1 : 0;
  });
  const columns = term.field === "" ? (["target", "method", "process", "peer"] as Column[]) : [isHeader(term.field) ? "headers" : textFields[term.field]];
  return row => columns.some(name => isFit[table.columns[name][row]] === 1);
}

function compare(value: number, [from, to]: [number, number], comparison: Comparison): boolean {
  switch (comparison) {
    case "=": return value >= from && value <= to;
    case ">": return value > to;
    case ">=": return value >= from;
    case "<": return value < from;
    default: return value <= to;
  }
}

/** The value in lines such as "x-request-id: 7f3a"; empty where there is none. */
function headerOf(headers: string, name: string): string {
  const prefix = `${name}: `;
  return headers.split("\n").find(one => one.startsWith(prefix))?.slice(prefix.length) ?? "";
}

function compareText(text: string, value: string, term: Term): boolean {
  const [one, other] = [text.toLowerCase(), value.toLowerCase()];
  return term.comparison === "~" ? one.includes(other) : one === other;
}

/** A term as it is written in a filter. */
export const term = (field: string, value: string) => (/[ ",]/.test(value) || value === "" ? `"${field}=${value.replace(/"/g, "")}"` : `${field}=${value}`);
