import { ByteWriter } from '../byte-writer';
import { internetChecksum } from '../internet-checksum';
import type { RsvpMessage } from '../messages';
import { writeObject } from './rsvp-object';

const checksumOffset = 2;
const lengthOffset = 6;

/**
 * The bytes of a message: its header fields and its `objects` in their order (the interpreted fields are readings of those).
 * The checksum is computed, unless the message was read with none or with a wrong one: then it is written as it was.
 */
export function encodeRsvp(message: RsvpMessage): Uint8Array {
  const writer = new ByteWriter(256)
    .u8((message.version << 4) | message.flags)
    .u8(message.messageType)
    .u16(0)
    .u8(message.sendTtl)
    .u8(message.reserved)
    .u16(0);
  for (const object of message.objects) writeObject(writer, object);
  for (const inner of message.bundled) writer.bytes(encodeRsvp(inner));
  writer.setU16(lengthOffset, writer.length);
  const checksum = message.checksum.state === 'correct' ? rsvpChecksum(writer.finish()) : message.checksum.value;
  return writer.setU16(checksumOffset, checksum).finish();
}

/** RFC 2205 §3.1.1: zero means that none was sent, so a computed zero is sent as its other ones' complement form. */
function rsvpChecksum(bytesWithoutChecksum: Uint8Array): number {
  return internetChecksum(bytesWithoutChecksum) || 0xffff;
}
