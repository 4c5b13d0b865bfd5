import type { Fault } from '../problems/problem';

export interface QueryReading {
  readonly values: ReadonlyMap<string, string>;
  readonly faults: readonly Fault[];
}

/**
 * Reads a query (WHATWG form encoding) and keeps nothing to itself: a parameter that stands twice, a percent sign that begins no
 * byte, and bytes that are no UTF-8 are faults, never a last value that wins or a replacement character.
 * @param url as it stands in the request line
 */
export function readQuery(url: string): QueryReading {
  const values = new Map<string, string>();
  const faults: Fault[] = [];
  const start = url.indexOf('?');
  for (const pair of start < 0 ? [] : url.slice(start + 1).split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = decode(equals < 0 ? '' : pair.slice(equals + 1));
    if (name === null) faults.push({ parameter: '', detail: 'The name of a parameter is not percent-encoded UTF-8.' });
    else if (value === null) faults.push({ parameter: name, detail: 'The value is not percent-encoded UTF-8.' });
    else if (values.has(name)) faults.push({ parameter: name, detail: 'The parameter stands twice.' });
    else values.set(name, value);
  }
  return { values, faults };
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}
