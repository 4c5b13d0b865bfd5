import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CaptureDecoder, type DecodeResult } from '#signalling';
import type { SimulationOptions } from './options';
import { simulate } from './simulate';
import type { Truth } from './truth';
import { writeCapture } from './write-capture';

/** `truths` is filled with what the network really did. */
export function captureOf(options: Partial<SimulationOptions> = {}, truths: Truth[] = []): Uint8Array {
  return Buffer.concat([...writeCapture(simulate(options, (truth) => truths.push(truth)))]);
}

/** What our own codecs read of the capture. */
export function decoded(options: Partial<SimulationOptions>, truths: Truth[] = []): readonly DecodeResult[] {
  const decoder = new CaptureDecoder();
  return [...decoder.push(captureOf(options, truths)), ...decoder.end()];
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Whether a decoder that is not ours is installed; a suite that needs it says so where it is not. */
export function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version']).status === 0;
}

/** What a command prints about a capture file; `{}` in its arguments stands for the file. */
export function readWith(command: string, args: readonly string[], capture: Uint8Array): { stdout: string; stderr: string; status: number | null } {
  const folder = mkdtempSync(path.join(tmpdir(), 'simulated-'));
  try {
    const file = path.join(folder, 'simulated.pcap');
    writeFileSync(file, capture);
    const inserted = args.map((argument) => (argument === '{}' ? file : argument));
    const { stdout, stderr, status } = spawnSync(command, inserted, { encoding: 'utf8', maxBuffer: 2 ** 30 });
    return { stdout, stderr, status };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
