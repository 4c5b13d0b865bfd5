import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Cli } from './cli';
import { Failure } from './exit';

export interface CaptureInput {
  /** As given; `standard input` for `-`. */
  readonly name: string;
  readonly stream: Readable;
  /** Null where nobody knows how much will come. */
  readonly bytes: number | null;
}

/** Opens a file, or standard input for `-`; a file that is not there is wrong use. */
export async function openCapture(name: string, cli: Cli): Promise<CaptureInput> {
  if (name === '-') {
    if ((cli.stdin as Partial<NodeJS.ReadStream>).isTTY) throw new Failure(2, 'A capture is expected on standard input, and a terminal is there.');
    return { name: 'standard input', stream: cli.stdin, bytes: null };
  }
  try {
    const handle = await open(name);
    const stat = await handle.stat();
    if (stat.isDirectory()) {
      await handle.close();
      throw new Failure(2, `${name} is a directory, not a capture.`);
    }
    return { name, stream: handle.createReadStream({ highWaterMark: 1024 * 1024 }), bytes: stat.isFile() ? stat.size : null };
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure(2, code === 'ENOENT' ? `There is no file ${name}.` : `${name} cannot be read (${code ?? String(error)}).`);
  }
}
