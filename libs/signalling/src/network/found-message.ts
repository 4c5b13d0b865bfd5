import type { DecodedMessage, Encapsulation } from '../messages';

/** A message in a frame: all that a DecodedMessage says but what only the capture and its link know. */
export type FoundMessage = Omit<DecodedMessage, 'frame' | 'timeNs' | 'timeDigits' | 'link'>;

/** Where a walk through the headers of a frame stands: the IP header that applies to what comes next, and the tunnels around it. */
export interface Surroundings {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly version: 4 | 6;
  readonly routerAlert: boolean;
  /** Whether `destination` is the one that checksums were made for. */
  readonly sourceRouted: boolean;
  readonly missingBytes: number;
  readonly fragment: { readonly offset: number; readonly more: boolean } | null;
  readonly tunnels: readonly Encapsulation[];
}
