import { isUtf8 } from 'node:buffer';
import type { Fault } from '../problems/problem';
import { jsonFaults } from './json-text';

/** A line of a body as JSON; null: the line was too long to be kept. */
export function jsonOfLine(bytes: Buffer | null): { readonly value: unknown; readonly faults: readonly Fault[] } {
  const fault = (detail: string): { value: null; faults: Fault[] } => ({ value: null, faults: [{ pointer: '', detail }] });
  if (bytes === null) return fault('The line has more than 1 MiB.');
  if (!isUtf8(bytes)) return fault('The line is not UTF-8.');
  const text = bytes.toString('utf8');
  const faults = jsonFaults(text);
  return { value: faults.length > 0 ? null : (JSON.parse(text) as unknown), faults };
}
