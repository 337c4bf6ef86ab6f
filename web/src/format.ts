/** Three digits and a unit; "–" for what is not known. */
export function duration(micro: number | null | undefined): string {
  if (micro === null || micro === undefined || micro < 0) return "–";
  if (micro < 999.5) return `${digits(micro)} µs`;
  if (micro < 999_500) return `${digits(micro / 1e3)} ms`;
  return `${digits(micro / 1e6)} s`;
}

function digits(value: number): string {
  if (value === 0) return "0";
  if (value < 9.995) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : String(Math.round(value));
}

export const count = (value: number) => value.toLocaleString("en-US");

export function bytes(value: number): string {
  if (value < 0) return "–";
  if (value < 1024) return `${value} B`;
  return value < 1024 * 1024 ? `${digits(value / 1024)} KiB` : `${digits(value / 1024 / 1024)} MiB`;
}

export function share(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(part * 1000 < whole * 99 ? 2 : 1)} %`;
}

export function clock(micro: number, isExact = false): string {
  const date = new Date(micro / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return isExact ? `${text}.${String(Math.floor(micro % 1e6)).padStart(6, "0")}` : `${text}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

// Controls, and what changes the direction of text, are shown as what they are: captured bytes must not pretend.
const hidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export const visible = (text: string) => text.replace(hidden, one => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);

export const line = (text: string) => visible(text.replace(/\r/g, "\\r").replace(/\n/g, "\\n").replace(/\t/g, "\\t"));
