import { ByteReader } from '../byte-reader';
import type { ByteWriter } from '../byte-writer';
import type { RsvpObject } from '../messages';
import { rsvpClassName, unknownAction } from './rsvp-class';

/** An object with the offset of its body in the message, so that a fault inside it can be told by offset. */
export interface PlacedObject {
  readonly object: RsvpObject;
  readonly offset: number;
}

/**
 * RFC 2205 §3.1.2: length (bytes, header included, a multiple of 4, at least 4), class, C-type, body. A shorter or odd
 * length leaves no way to find the next object (and a zero would be found again for ever): reading stops there.
 */
export function readObject(reader: ByteReader): PlacedObject {
  const start = reader.offset;
  const length = reader.u16('object length');
  if (length < 4 || length % 4 !== 0) new ByteReader(new Uint8Array(0), start).fail(`object length ${length} is not a multiple of 4 from 4 up`);
  const classNumber = reader.u8('object class');
  const cType = reader.u8('object C-type');
  const offset = reader.offset;
  const bytes = reader.bytes(length - 4, `${rsvpClassName(classNumber)} object (class ${classNumber})`);
  return { object: rsvpObject(classNumber, cType, bytes), offset };
}

export function readObjects(reader: ByteReader): PlacedObject[] {
  const objects: PlacedObject[] = [];
  while (reader.remaining > 0) objects.push(readObject(reader));
  return objects;
}

export function writeObject(writer: ByteWriter, object: RsvpObject): void {
  writer.u16(object.bytes.length + 4).u8(object.classNumber).u8(object.cType).bytes(object.bytes);
}

/** `bytes`: the body; a multiple of 4 bytes. */
export function rsvpObject(classNumber: number, cType: number, bytes: Uint8Array): RsvpObject {
  return { classNumber, cType, name: rsvpClassName(classNumber), unknownAction: unknownAction(classNumber), bytes };
}
