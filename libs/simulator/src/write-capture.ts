import { LinkType, PcapWriter } from '#signalling';
import type { SimulatedFrame } from './world';

/** A pcap file of nanosecond times, in pieces: the header, then one piece a frame. */
export function* writeCapture(frames: Iterable<SimulatedFrame>): Generator<Uint8Array> {
  const writer = new PcapWriter(LinkType.ETHERNET);
  yield writer.header();
  for (const { timeNs, bytes } of frames) yield writer.record(timeNs, bytes);
}
