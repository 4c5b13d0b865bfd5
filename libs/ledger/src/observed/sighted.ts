import type { DecodedMessage } from '#signalling';
import { sha256, stepId } from '../idempotency/command-identity';
import { wayOf } from './way';

/** An observed message with what it is known by. */
export interface Sighted {
  readonly decoded: DecodedMessage;
  /** 16 bytes, hex. */
  readonly digest: string;
  readonly observedMs: number;
  /** Of a reservation or its tear, between which two nodes it was seen; empty: that tells it from nothing. */
  readonly way: string;
  /** Of the command that it comes to, whichever stream it concerns. */
  readonly commandId: string;
}

const observationNamespace = '0d4c2f8e-91b5-5c1e-a1f3-7a3e5d9b6c20';

export function sightedOf(decoded: DecodedMessage): Sighted {
  const digest = sha256(decoded.identity).slice(0, 32);
  const observedMs = Number(decoded.timeNs / 1_000_000n);
  const way = wayOf(decoded);
  const name = [digest, observedMs, ...(way === '' ? [] : [way])].join(' ');
  return { decoded, digest, observedMs, way, commandId: stepId(observationNamespace, name) };
}
