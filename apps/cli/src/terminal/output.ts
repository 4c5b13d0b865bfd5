import { once } from 'node:events';
import type { WriteStream } from 'node:tty';

/** Whoever read our output has gone (`| head`): the verb unwinds in silence. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/** Lines wait for this many characters or for the end of the turn, so that ten million of them are not ten million writes. */
const bufferedCharacters = 64 * 1024;

/** Standard output or standard error: knows whether a person reads it, and waits where the reader is slow. */
export class Output {
  readonly isTerminal: boolean;
  private pending = '';
  private closed = false;
  private flushScheduled = false;

  constructor(private readonly stream: NodeJS.WritableStream) {
    this.isTerminal = (stream as WriteStream).isTTY === true;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.closed = true;
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    });
  }

  /** Width in characters; 100 where nobody knows. */
  get columns(): number {
    return (this.isTerminal ? (this.stream as WriteStream).columns : undefined) || 100;
  }

  get rows(): number {
    return (this.isTerminal ? (this.stream as WriteStream).rows : undefined) || 30;
  }

  /** Answers a promise only where the caller must wait before it writes more. */
  write(text: string): Promise<void> | undefined {
    if (this.closed) throw new OutputClosed();
    this.pending += text;
    if (this.pending.length >= bufferedCharacters) return this.flush();
    if (!this.flushScheduled) {
      this.flushScheduled = true;
      setImmediate(() => {
        this.flushScheduled = false;
        if (!this.closed) void this.flush().catch(() => undefined);
      });
    }
    return undefined;
  }

  line(text = ''): Promise<void> | undefined {
    return this.write(`${text}\n`);
  }

  /** For what nobody must wait for or fail about: logs, bars. */
  tell(text: string): void {
    if (!this.closed) void this.write(text)?.catch(() => undefined);
  }

  json(document: unknown): Promise<void> | undefined {
    return this.write(`${JSON.stringify(document)}\n`);
  }

  /** Bytes as they are, behind the text written so far. */
  async bytes(piece: Uint8Array): Promise<void> {
    if (this.pending !== '') await this.flush();
    if (this.closed) throw new OutputClosed();
    if (!this.stream.write(piece)) await this.drained();
  }

  /** Everything written so far is with the operating system. */
  async flush(): Promise<void> {
    if (this.closed) throw new OutputClosed();
    const text = this.pending;
    this.pending = '';
    if (text !== '' && !this.stream.write(text)) await this.drained();
  }

  private async drained(): Promise<void> {
    try {
      await once(this.stream, 'drain');
    } catch {
      throw new OutputClosed();
    }
  }
}
