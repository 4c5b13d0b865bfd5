import { DeadlineQueue, type Deadlines } from '../journal/deadline-queue';
import { FlowTableState } from '../scope/flow-table-state';
import { Journal, JournaledIndex, JournaledMap } from '../journal/journal';
import { NodeIndex } from '../scope/node-index';
import { OverlapIndex } from '../scope/overlap-index';
import type { Senders } from '../scope/senders';
import { SessionsByPort } from '../scope/sessions-by-port';

/** What is a cache or a means, and no part of what the state says. */
const leftOut: ReadonlySet<string> = new Set([
  'journal', 'advanced', 'assigned', 'leased', 'refreshes', 'gapsCoveredTo', 'counted', 'ranked', 'searched', 'searches', 'furthest',
  'madeOrder', 'round', 'turned',
]);

/**
 * The whole state as text, whatever the order in which its collections came to be: two states with one fingerprint decide alike.
 * It walks every field, so a field that is added later is compared as well.
 */
export function fingerprint(state: unknown): string {
  if (state instanceof JournaledMap) return entriesText([...(state as JournaledMap<unknown, unknown>).entries()]);
  if (state instanceof JournaledIndex) return indexText(state as JournaledIndex<string, object>);
  if (state instanceof NodeIndex) return nodesText(state);
  if (state instanceof SessionsByPort) return portsText(state);
  if (state instanceof OverlapIndex) return overlapsText(state as unknown as OverlapInside);
  if (state instanceof DeadlineQueue) return deadlinesText(state as unknown as { readonly deadlines: Deadlines<unknown> });
  if (state instanceof Map) return entriesText([...(state as Map<unknown, unknown>)]);
  if (state instanceof Set) return `{${[...(state as Set<unknown>)].map(fingerprint).sort().join()}}`;
  if (Array.isArray(state)) return `[${state.map(fingerprint).join()}]`;
  if (typeof state === 'bigint') return `${state}n`;
  if (typeof state === 'string') return `"${state}"`;
  if (typeof state !== 'object' || state === null) return String(state);
  if (state instanceof Journal) return '';
  // Those that grew with the state must be those that are made of it.
  if (state instanceof FlowTableState) void state.indexes;
  const isValue = isPlain(state) && !('leaseUntil' in state) &&
     Object.values(state).every((field) => typeof field !== 'object' || field === null || Array.isArray(field) || isPlain(field));
  const text = (isValue && known.get(state)) || fieldsText(state);
  if (isValue) known.set(state, text);
  return text;
}

const isPlain = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

/** Plain objects that hold nothing but values are never changed, only replaced, and most stand in several indexes; a session's lease is the exception. */
const known = new WeakMap<object, string>();

function fieldsText(state: object): string {
  const fields: string[] = [];
  for (const [name, value] of Object.entries(state)) {
    if (!leftOut.has(name) && value !== undefined) fields.push(`${name}=${fingerprint(value)}`);
  }
  return `(${fields.sort().join()})`;
}

function indexText(index: JournaledIndex<string, object>): string {
  return entriesText([...index.keys()].map((key) => [key, new Set(index.get(key))]));
}

/** Few sessions stand otherwise than many. */
function nodesText(nodes: NodeIndex): string {
  return entriesText([...nodes.entries()].map(([mobileNode, { visitor, sessions }]) => [mobileNode, [visitor, new Set(sessions.values())]]));
}

function portsText(sessions: SessionsByPort): string {
  const { withPortZero, others } = sessions as unknown as Record<'withPortZero' | 'others', unknown>;
  const named = entriesText([...sessions.entries()].map(([key, held]) => [key, held instanceof Set ? held : new Set([held])]));
  return `${named}${fingerprint(withPortZero)}${fingerprint(others)}`;
}

interface OverlapInside {
  readonly groups: ReadonlyMap<number, { readonly bySender: Senders<object>; readonly anySender: unknown }>;
  readonly others: ReadonlyMap<string, unknown>;
  readonly mixedClassifiers: boolean;
}

/** One member alone is the same as a set of it. */
function overlapsText({ groups, others, mixedClassifiers }: OverlapInside): string {
  const members = (held: unknown): unknown => (held === undefined || held instanceof Set ? held : new Set([held]));
  const named = (entries: Iterable<readonly [string, unknown]>): string => entriesText([...entries].map(([key, held]) => [key, members(held)]));
  const texts = [...groups].map(([key, { bySender, anySender }]) => `${key}:${named(bySender.entries())}${fingerprint(members(anySender))}`);
  return `|${mixedClassifiers} ${texts.sort().join()} ${named(others)}|`;
}

/** What falls due and when; how the entries lie follows from the past, and what they say is looked up. */
function deadlinesText({ deadlines }: { readonly deadlines: Deadlines<unknown> }): string {
  return `<${[...deadlines.all()].map((item) => `${fingerprint(item)}:${deadlines.deadlineOf(item)}`).sort().join()}>`;
}

function entriesText(entries: readonly (readonly [unknown, unknown])[]): string {
  return `{${entries.map(([key, value]) => `${fingerprint(key)}:${fingerprint(value)}`).sort().join()}}`;
}
