/**
 * Text from captures and from the ledger may hold anything, terminal sequences included: a person's terminal gets it escaped.
 */
export function printable(value: unknown): string {
  const text = typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value);
  // Control characters (C0, DEL, C1) and those that reorder or hide text (bidirectional marks, zero width).
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, escaped);
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Characters that a terminal shows, without colour sequences. */
export function shownLength(text: string): number {
  // eslint-disable-next-line no-control-regex -- the escape that begins a colour sequence
  return [...text.replace(/\u001b\[[0-9;]*m/g, '')].length;
}

/** Shortened in the middle: of addresses and node ids both ends tell them apart. */
export function shortened(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  if (width <= 1) return '…'.slice(0, width);
  const tail = Math.floor((width - 1) / 2);
  return `${characters.slice(0, width - 1 - tail).join('')}…${tail === 0 ? '' : characters.slice(-tail).join('')}`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

export function byteCount(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `14:03:27` of an RFC 3339 time, UTC; the whole text where it is none. */
export function timeOfDay(time: string | null | undefined): string {
  if (!time) return '';
  return /T(\d\d:\d\d:\d\d)/.exec(time)?.[1] ?? time;
}
