import { readFileSync, readdirSync, existsSync } from 'node:fs';
import path from 'node:path';

/** Captures that were recorded on real networks; they are no part of a checkout. */
export const capturesFolder = path.resolve(process.cwd(), '../shared/captures');

export const rsvpCaptures = existsSync(path.join(capturesFolder, 'rsvp'))
  ? readdirSync(path.join(capturesFolder, 'rsvp')).filter((name) => name.endsWith('.pcap'))
  : [];

/** RSVP payloads by frame number of a little-endian classic pcap of Ethernet frames; enough for these captures, no more. */
export function rsvpPayloads(file: string): Map<number, Uint8Array> {
  const bytes = readFileSync(file);
  const payloads = new Map<number, Uint8Array>();
  let frame = 0;
  for (let at = 24; at + 16 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    const ip = bytes.subarray(at + 30, at + 16 + length);
    frame += 1;
    at += 16 + length;
    const isRsvp = ip.length >= 20 && ip[0]! >> 4 === 4 && ip[9] === 46;
    if (isRsvp) payloads.set(frame, ip.subarray((ip[0]! & 15) * 4, ip.readUInt16BE(2)));
  }
  return payloads;
}

/** Rows of the tab-separated file that tshark made of a capture, by column name. */
export function tsharkRows(file: string): Record<string, string>[] {
  const [head, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  const columns = head!.split('\t');
  return lines.map((line) => {
    const cells = line.split('\t');
    return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']));
  });
}
