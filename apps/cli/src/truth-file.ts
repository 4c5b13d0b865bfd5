import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Truth } from '#simulator';
import { Failure } from './exit';

export type TellTruth = (truth: Truth) => void;

/** Hands on where to tell the truth, a line of JSON a record, and closes the file behind it; nothing is told where no file is named. */
export async function withTruthFile<T>(file: string | undefined, use: (tell: TellTruth) => Promise<T>): Promise<T> {
  if (file === undefined) return use(() => undefined);
  const stream = await opened(file);
  let failure: unknown;
  const closed = finished(stream).catch((error: unknown) => {
    failure = error;
  });
  const result = await use(truth => stream.write(`${JSON.stringify(truth)}\n`)).finally(() => stream.end());
  await closed;
  if (failure !== undefined) throw cannotWrite(file, failure);
  return result;
}

async function opened(file: string): Promise<WriteStream> {
  const stream = createWriteStream(file);
  try {
    await once(stream, 'open');
  } catch (error) {
    throw cannotWrite(file, error);
  }
  return stream;
}

function cannotWrite(file: string, error: unknown): Failure {
  return new Failure(1, `${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)}).`);
}
