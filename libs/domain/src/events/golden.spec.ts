import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { decodeEvent, eventSchemaVersions } from './event-codec';
import type { LedgerEvent, LedgerEventType } from './events';
import { replays } from './golden-state.testing';
import {
  addressesOfOthers, aheadOfTheClock, announcements, bindingsOfHomes, endsBetweenHandoffs, endsEverywhere, links, lives, meetings, mergedElsewhere,
  provisionedBefore, sendersByLabel, sendersWithPaths, takenBefore, tornReservations, visitsBehindRemoval, whatMakesNoSense, wildcardPaths, type GoldenStream,
} from './golden-streams.testing';

/**
 * One recorded stream of each event type and schema version, up to the end of the append in which it first comes to pass: header, events,
 * and what the stream says. These files are history: they must replay to the same state for ever, and are never recorded anew.
 *
 * A new type or version: let it come to pass in golden-streams.testing.ts, run `GOLDEN=record npx jest golden.spec` (it writes only
 * what is not there) and commit the new file.
 */
const folder = path.join(__dirname, 'golden');
const nameOf = (type: string, version: number): string => `${type}.v${version}.ndjson`;

interface Golden {
  readonly stream: GoldenStream;
  readonly lines: readonly { readonly type: string; readonly schemaVersion: number; readonly data: object }[];
  readonly state: unknown;
}

function read(file: string): Golden {
  const [header, ...rest] = readFileSync(path.join(folder, file), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as unknown);
  const { state } = rest.pop() as { state: unknown };
  return { ...(header as { stream: GoldenStream }), lines: rest as Golden['lines'], state };
}

function record(type: LedgerEventType, version: number): void {
  const file = path.join(folder, nameOf(type, version));
  for (const [stream, live] of Object.entries(lives) as [GoldenStream, () => LedgerEvent[][]][]) {
    const appends = live();
    const end = appends.findIndex((append) => append.some((event) => event.type === type));
    if (end < 0 || existsSync(file)) continue;
    write(file, stream, appends.slice(0, end + 1).flat());
  }
}

function write(file: string, stream: GoldenStream, events: readonly LedgerEvent[]): void {
  const lines = events.map(({ type: each, ...data }) => ({ type: each, schemaVersion: eventSchemaVersions[each], data }));
  writeFileSync(file, [{ stream }, ...lines, { state: replays[stream](events) }].map((line) => `${JSON.stringify(line)}\n`).join(''));
}

const everyVersion = Object.entries(eventSchemaVersions).flatMap(([type, latest]) =>
  Array.from({ length: latest }, (_, i): [LedgerEventType, number] => [type as LedgerEventType, i + 1]),
);

if (process.env['GOLDEN'] === 'record') for (const [type, version] of everyVersion) if (version === eventSchemaVersions[type]) record(type, version);

/** Fields that came to events which were recorded before. */
const later = {
  'reservations-that-meet': meetings, 'wildcard-paths': wildcardPaths, 'senders-with-paths': sendersWithPaths, 'hops-on-the-way': links,
  'provisioned-before': provisionedBefore, announcements, 'ends-between-handoffs': endsBetweenHandoffs, 'ends-everywhere': endsEverywhere,
  'visits-behind-a-removal': visitsBehindRemoval, 'senders-by-label': sendersByLabel, 'torn-reservations': tornReservations,
  'what-makes-no-sense': whatMakesNoSense, 'merged-elsewhere': mergedElsewhere, 'taken-before': takenBefore, 'ahead-of-the-clock': aheadOfTheClock,
};
for (const [name, live] of Object.entries(process.env['GOLDEN'] === 'record' ? later : {})) {
  const file = path.join(folder, `${name}.ndjson`);
  if (!existsSync(file)) write(file, 'flowTable', live());
}
const laterOfNodes = { 'bindings-of-homes': bindingsOfHomes };
for (const [name, live] of Object.entries(process.env['GOLDEN'] === 'record' ? laterOfNodes : {})) {
  const file = path.join(folder, `${name}.ndjson`);
  if (!existsSync(file)) write(file, 'mobileNode', live());
}
if (process.env['GOLDEN'] === 'record' && !existsSync(path.join(folder, 'addresses-of-others.ndjson'))) {
  write(path.join(folder, 'addresses-of-others.ndjson'), 'foreignAgents', addressesOfOthers());
}

describe('golden event streams', () => {
  test.each(everyVersion)('%s, schema version %d, has one', (type, version) => {
    expect(readdirSync(folder)).toContain(nameOf(type, version));
    expect(read(nameOf(type, version)).lines).toContainEqual(expect.objectContaining({ type, schemaVersion: version }));
  });

  test.each(readdirSync(folder))('I13 %s replays to the same state', (file) => {
    const { stream, lines, state } = read(file);
    const events = lines.map(({ type, schemaVersion, data }) => decodeEvent(type, JSON.stringify(data), schemaVersion));
    expect(JSON.parse(JSON.stringify(replays[stream](events)))).toEqual(state);
  });
});
