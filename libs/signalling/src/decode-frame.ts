import { DecodeError } from './decode-error';
import type { DecodedMessage, DecodeResult } from './messages';
import { findInIp } from './network/find-message';
import { findIpHeader, LinkType } from './network/link-type';
import { mayCarrySignalling } from './network/may-carry-signalling';

export interface FrameToDecode {
  readonly linkType: number;
  /** What the result holds as bytes are views of these: they must not change afterwards. */
  readonly bytes: Uint8Array;
  readonly number: number;
  readonly timeNs: bigint;
  /** Digits of the fraction of a second that the clock has. */
  readonly timeDigits: number;
}

/** The signalling message of a frame; null where the frame carries none. Never throws: what cannot be read is told. */
export function decodeFrame({ linkType, bytes, number, timeNs, timeDigits }: FrameToDecode): DecodeResult | null {
  if (!mayCarrySignalling(linkType, bytes, 0, bytes.length)) return null;
  try {
    const found = findInIp(bytes, findIpHeader(linkType, bytes, 0, bytes.length), []);
    return found === null ? null : { frame: number, timeNs, timeDigits, link: linkOf(linkType, bytes), ...found };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { frame: number, timeNs, error: error.message, offset: error.offset };
  }
}

function linkOf(linkType: number, bytes: Uint8Array): DecodedMessage['link'] {
  return linkType === LinkType.ETHERNET ? { destination: bytes.subarray(0, 6), source: bytes.subarray(6, 12) } : null;
}
