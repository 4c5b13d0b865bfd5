import type { ByteReader } from '../byte-reader';
import { ByteWriter } from '../byte-writer';
import type { RsvpObject } from '../messages';
import { RsvpClass } from './rsvp-class';
import { rsvpObject } from './rsvp-object';

export type Style = 'FF' | 'SE' | 'WF';

/** RFC 2205 A.7: two bits of sharing and three of sender selection, at the low end of the option vector. */
const optionVectors: Readonly<Record<Style, number>> = { WF: 0x11, FF: 0x0a, SE: 0x12 };

/** Style null: the option vector is reserved. */
export function readStyle(body: ByteReader): { readonly style: Style | null; readonly optionVector: number } {
  const optionVector = body.u32('style') & 0xff_ffff;
  // Only the low five bits are defined; the others "are reserved" and must not hide a style.
  const style = (Object.keys(optionVectors) as Style[]).find((name) => optionVectors[name] === (optionVector & 0x1f)) ?? null;
  return { style, optionVector };
}

export function styleObject(style: Style): RsvpObject {
  return rsvpObject(RsvpClass.style, 1, new ByteWriter(4).u32(optionVectors[style]).finish());
}
