import type { Readable } from 'node:stream';
import { malformed, Problem } from '../problems/problem';

export const maximumCaptureBytes = 1024 ** 3;
/** A capture that is a file does not pause (F29); a live one may. */
const pauseMs = 8_000;

const magicBytes = 4;
/** pcap with micro- or nanoseconds, of either byte order, and the section header of pcapng. What is none of them is refused, not ingested. */
const captureMagics: ReadonlySet<number> = new Set([0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a]);
const notACapture = malformed([{ pointer: '', detail: 'The body is neither pcap nor pcapng.' }]);

/**
 * The bytes of a capture as they come, each chunk read when it is asked for: a slow ingest slows the sender.
 * @param follow a live capture: no limit, and pauses are its nature
 * @param stopping ends a live capture
 */
export async function* captureChunks(body: Readable | undefined, follow: boolean, stopping: AbortSignal): AsyncIterable<Uint8Array> {
  if (body === undefined) throw notACapture;
  const end = (): void => void body.destroy();
  if (follow) stopping.addEventListener('abort', end, { once: true });
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let bytes = 0;
  let head = Buffer.alloc(0);
  try {
    for (;;) {
      const chunk = await (follow ? chunks.next() : inTime(chunks.next()));
      if (chunk.done) {
        if (bytes < magicBytes) throw notACapture;
        return;
      }
      if (bytes < magicBytes) {
        head = Buffer.concat([head, chunk.value]);
        if (head.length >= magicBytes && !captureMagics.has(head.readUInt32BE(0))) throw notACapture;
      }
      bytes += chunk.value.length;
      if (!follow && bytes > maximumCaptureBytes) throw new Problem('body-too-large', 'The capture has more than 1 GiB.');
      yield chunk.value;
    }
  } finally {
    stopping.removeEventListener('abort', end);
  }
}

async function inTime<T>(next: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Problem('request-timeout', 'The capture paused for too long.')), pauseMs);
  });
  try {
    return await Promise.race([next, late]);
  } finally {
    clearTimeout(timer);
  }
}
